import Crypto
import Foundation

extension SymmetricKey {
    /// Takes what a library opened into `Data` over into memory that is wiped, and wipes where it was.
    init(wiping data: inout Data) {
        self.init(data: data)
        data.resetBytes(in: data.startIndex..<data.endIndex)
        data = Data()
    }
}
