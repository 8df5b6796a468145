import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore

/// What others propose, ask for, or say when they leave.
extension Room {
    func receiveProposal(_ entry: LogEntry, _ payload: ByteBuffer) {
        guard let live, let message = try? MLSMessage(decoding: Array(payload.readableBytesView)) else {
            return unreadable(.damaged, entry)
        }
        // The server may ask for the removal of revoked devices, and for nothing else.
        if case .publicMessage(let open) = message {
            guard entry.kind == .removalRequest, case .external = open.content.sender,
                case .proposal(.remove) = open.content.content
            else { return report(.serverMeddles(at: entry.sequence)) }
        }
        do throws(MLSError) {
            let received = try live.group.receive(message)
            dirtyRatchets = true
            switch consume received {
            case .proposal(let reference, let proposal, let sender):
                guard isAllowed(proposal, by: sender) else {
                    live.group.discard(reference)
                    return report(.invalidCommit(by: entry.sender, at: entry.sequence))
                }
                proposed(proposal, by: sender, entry)
            case .application: break
            case .commit: break
            case .own: break
            }
        } catch {
            unreadable(.damaged, entry)
        }
    }

    /// Members propose to go themselves, and the server that somebody goes; all else is done by commits.
    func isAllowed(_ proposal: Proposal, by sender: Sender) -> Bool {
        switch (proposal, sender) {
        case (.remove(let leaf), .member(let member)): leaf == member
        case (.remove, .external): true
        default: false
        }
    }

    func proposed(_ proposal: Proposal, by sender: Sender, _ entry: LogEntry) {
        switch (proposal, sender) {
        case (.remove(let leaf), .external):
            let device = live?.group.state.member(leaf).flatMap(host.identity(of:))
            isBeingRemoved = leaf == live?.group.leaf
            revoked.insert(device ?? entry.sender)
        default: break
        }
        commitSoon()
    }

    /// Anyone may commit what waits; not all at once.
    func commitSoon() {
        let crowd = UInt64(memberCount)
        commitAfter = max(commitAfter, host.now + 10 + host.jitter(below: min(40 * crowd, 5_000)))
        dirtyRoom = true
    }

    func receiveLeave(_ entry: LogEntry, _ payload: ByteBuffer) {
        leaving.insert(entry.sender)
        guard payload.readableBytes > 0 else {
            want(.remove(entry.sender))
            return commitSoon()
        }
        receiveProposal(entry, payload)
        // Its proposal may be of an epoch that is over; it has gone all the same.
        if live?.group.pendingProposalCount == 0, isMember(entry.sender) {
            place?.content = .nothing
            want(.remove(entry.sender))
            commitSoon()
        }
    }

    func receiveReadd(_ entry: LogEntry, _ payload: ByteBuffer) {
        guard case .keyPackage(let package)? = try? MLSMessage(decoding: Array(payload.readableBytesView)),
            host.device(of: package.leafNode.credential, key: package.leafNode.signatureKey) == entry.sender,
            isMember(entry.sender)
        else { return }
        commitSoon()
        want(.readd(entry.sender, package))
    }
}
