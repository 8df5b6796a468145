import MLS
import MLSWire

/// What the machine expects of the group: who sits on which leaf, and which proposals wait. It knows no cryptography.
struct MachineModel {
    struct Seat: Hashable {
        var name: String
        var key: SignaturePublicKey
    }

    enum Proposed: Hashable {
        case add(Seat)
        case update(LeafIndex, SignaturePublicKey)
        case remove(LeafIndex)
        case preSharedKey
        case extensions(Extensions)
        case custom([UInt8])
        case reInit(ReInit)
    }

    /// By leaf.
    private(set) var seats: [Seat?]
    private(set) var extensions: Extensions
    private(set) var epoch: UInt64
    /// In the order in which they came.
    var pending: [Proposed] = []

    init(_ seats: [Seat], extensions: Extensions, epoch: UInt64) {
        self.seats = seats
        self.extensions = extensions
        self.epoch = epoch
    }

    var names: Set<String> { Set(seats.compactMap { $0?.name }) }
    var count: Int { seats.count { $0 != nil } }

    /// Leaf, name and key of each member.
    var members: [(LeafIndex, Seat)] {
        seats.enumerated().compactMap { index, seat in seat.map { (LeafIndex(index), $0) } }
    }

    func name(of leaf: LeafIndex) -> String? { seats.indices.contains(leaf.value) ? seats[leaf.value]?.name : nil }

    /// All that a commit does: of what waits, what goes together (RFC 9420 §12.2), and then its own changes.
    func covered(_ changes: [Proposed], by committer: LeafIndex, coversPending: Bool) -> [Proposed] {
        guard coversPending, !changes.contains(where: \.isReInit) else { return changes }
        let waiting = pending.filter { $0 != .remove(committer) && !$0.isUpdate(of: committer) }
        var removed = Set(changes.compactMap(\.removed))
        let before = removed
        removed.formUnion(waiting.compactMap(\.removed))
        let leaving = removed.compactMap { name(of: $0) }
        var taken = Set(changes.compactMap(\.added?.name))
        var changed = before
        var setsExtensions = changes.contains(where: \.setsExtensions)
        var chosen: [Proposed] = []
        for item in waiting.reversed() {
            let goes =
                switch item {
                case .add(let seat):
                    (!names.contains(seat.name) || leaving.contains(seat.name)) && taken.insert(seat.name).inserted
                case .update(let leaf, _): !removed.contains(leaf) && changed.insert(leaf).inserted
                case .remove(let leaf): changed.insert(leaf).inserted
                case .extensions: !setsExtensions
                case .preSharedKey, .custom: true
                case .reInit: false
                }
            if item.setsExtensions { setsExtensions = true }
            if goes { chosen.append(item) }
        }
        if chosen.isEmpty, changes.isEmpty { return waiting.last(where: \.isReInit).map { [$0] } ?? [] }
        return chosen.reversed() + changes
    }

    /// Enters the next epoch.
    /// - Parameter renewed: the committer and its new key, if it has one.
    mutating func apply(_ items: [Proposed], renewed: (LeafIndex, SignaturePublicKey)? = nil) {
        for case .update(let leaf, let key) in items { seats[leaf.value]?.key = key }
        for case .remove(let leaf) in items { seats[leaf.value] = nil }
        for case .add(let seat) in items { sit(seat) }
        for case .extensions(let new) in items { extensions = new }
        if let (leaf, key) = renewed { seats[leaf.value]?.key = key }
        pending = []
        epoch += 1
    }

    private mutating func sit(_ seat: Seat) {
        if let free = seats.firstIndex(of: nil) { seats[free] = seat } else { seats.append(seat) }
    }
}

extension MachineModel.Proposed {
    var added: MachineModel.Seat? { if case .add(let seat) = self { seat } else { nil } }
    var removed: LeafIndex? { if case .remove(let leaf) = self { leaf } else { nil } }
    var isReInit: Bool { if case .reInit = self { true } else { false } }
    var setsExtensions: Bool { if case .extensions = self { true } else { false } }

    func isUpdate(of leaf: LeafIndex) -> Bool {
        if case .update(let updated, _) = self { updated == leaf } else { false }
    }
}
