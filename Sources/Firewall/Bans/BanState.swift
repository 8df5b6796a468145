/// What a ``BanBook`` knows, to be kept over a restart.
package struct BanState: Hashable, Sendable {
    /// How often a host was banned, and since when it is not any more.
    package struct Offender: Hashable, Sendable {
        package var target: IPPrefix
        package var offences: Int
        /// When its last ban ended, or will. Milliseconds since 1970.
        package var since: Int64

        package init(target: IPPrefix, offences: Int, since: Int64) {
            self.target = target
            self.offences = offences
            self.since = since
        }
    }

    /// When it was written; `nil` if nobody knows, as for bans out of a database.
    package var time: BanTime?
    /// Which start of the machine that was (`/proc/sys/kernel/random/boot_id`): within the same one the steady clock goes on.
    package var boot: String
    package var bans: [Ban]
    package var offenders: [Offender]

    package init(time: BanTime? = nil, boot: String = "", bans: [Ban], offenders: [Offender] = []) {
        self.time = time
        self.boot = boot
        self.bans = bans
        self.offenders = offenders
    }
}
