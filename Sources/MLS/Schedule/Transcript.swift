package import MLSWire
import TLSSyntax

/// The running hashes over all commits of a group (RFC 9420 §8.2).
extension CipherSuite {
    /// `confirmed_transcript_hash`: up to the commit's signature.
    package func confirmedHash(interim: [UInt8], _ commit: AuthenticatedContent) -> [UInt8] {
        var bytes = interim
        bytes.write(commit.wireFormat)
        bytes.write(commit.content)
        bytes.write(variableOpaque: commit.auth.signature)
        return hash.digest(bytes)
    }

    /// `interim_transcript_hash`: the confirmation tag too.
    package func interimHash(confirmed: [UInt8], _ tag: MACTag) -> [UInt8] {
        var bytes = confirmed
        bytes.write(tag)
        return hash.digest(bytes)
    }
}
