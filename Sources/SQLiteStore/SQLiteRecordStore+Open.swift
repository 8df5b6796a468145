package import ChatClient
import GRDB

/// Whether a folder holds a store, and what opens it.
package enum StoreState: Hashable, Sendable {
    case none
    /// It opens without a passphrase.
    case keyFile
    case passphrase
}

extension SQLiteRecordStore {
    /// Looks without opening, locking or making anything.
    /// - Throws: ``StoreError/damaged(_:)`` if a part is missing or the key file damaged, ``StoreError/exposed(path:mode:shouldBe:)``,
    ///   ``StoreError/newerSchema(found:known:)``, ``StoreError/unavailable(_:)``.
    package static func state(of folder: String) throws(StoreError) -> StoreState {
        switch try StoreFolder.content(of: folder) {
        case .nothing: .none
        case .unnamed, .store: try StoreFolder.readKey(in: folder).needsPassphrase ? .passphrase : .keyFile
        }
    }

    /// Opens the store in a folder; makes it if there is none (and the folder, for its owner only).
    ///
    /// Blocks for some tenths of a second where a passphrase is used.
    /// - Parameters:
    ///   - unlock: what opens it; what is to open it, if it is made.
    ///   - cost: of the passphrase, if the store is made.
    package static func open(
        folder path: String, unlock: StoreUnlock, cost: ScryptCost = .standard
    ) throws(StoreError) -> SQLiteRecordStore {
        try open(folder: path, unlock: unlock, cost: cost, schema: .current)
    }

    static func open(
        folder path: String, unlock: StoreUnlock, cost: ScryptCost = .standard, schema: Schema
    ) throws(StoreError) -> SQLiteRecordStore {
        let folder = try StoreFolder(locking: path)
        let master: MasterKey
        switch try folder.content() {
        case .store:
            master = try folder.readKey().unlocked(with: unlock)
        case .unnamed:
            master = try folder.readKey().unlocked(with: unlock)
            try folder.rename(folder.newDatabase, to: folder.database)
        case .nothing:
            master = MasterKey.random()
            try make(in: folder, master, locked: try master.locked(with: unlock, cost: cost), schema)
        }
        return try SQLiteRecordStore(folder, master, schema: schema)
    }

    /// First the database under another name, then the key file, then the database's name: wherever this is cut off, either nothing is there
    /// that matters, or all of it.
    private static func make(
        in folder: StoreFolder, _ master: MasterKey, locked: LockedMasterKey, _ schema: Schema
    ) throws(StoreError) {
        try folder.removeUnfinished()
        try folder.makeEmpty(folder.newDatabase)
        do {
            let queue = try DatabaseQueue(path: folder.newDatabase)
            try queue.writeWithoutTransaction { db in
                try schema.create(in: db, with: RecordSealer(master))
            }
            try queue.close()
        } catch {
            throw StoreError(error, database: folder.newDatabase)
        }
        try folder.sync(folder.newDatabase)
        try folder.write(locked)
        try folder.rename(folder.newDatabase, to: folder.database)
    }

    /// From now on the store is opened with something else. The records stay as they are: only the master key is wrapped anew, so whoever
    /// had the former key file and could open it can still read a copy of the database.
    ///
    /// A crash leaves the former or the new one in force, never none.
    /// - Throws: ``StoreError/diskFull`` or ``StoreError/unavailable(_:)``: the former stays in force.
    package func change(to unlock: StoreUnlock, cost: ScryptCost = .standard) throws(StoreError) {
        try folder.write(try master.locked(with: unlock, cost: cost))
    }
}
