import Foundation

// `scripts/fuzz` builds and starts this program; see there. It feeds what libFuzzer makes up to the decoder that FUZZ_DECODER
// names. An environment variable, since libFuzzer starts the program again with arguments of its own.

/// All decoders that can be fuzzed.
let decoders =
    FuzzedDecoder.wire + FuzzedDecoder.groups + FuzzedDecoder.frames + FuzzedDecoder.captures + FuzzedDecoder.server
    + FuzzedDecoder.client + FuzzedDecoder.firewall + FuzzedDecoder.replies

/// libFuzzer's entry (compiler-rt, `FuzzerInterface.h`).
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

func say(_ text: String) { FileHandle.standardError.write(Data("conclave-fuzz: \(text)\n".utf8)) }

if CommandLine.arguments == [CommandLine.arguments[0], "--list"] {
    for decoder in decoders { print(decoder.name) }
    exit(0)
}

let name = ProcessInfo.processInfo.environment["FUZZ_DECODER"] ?? ""
guard let chosen = decoders.first(where: { $0.name == name }) else {
    say("FUZZ_DECODER names no decoder: \"\(name)\"; --list shows them all")
    exit(64)
}
let reencode = chosen.reencode

var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
let status = runFuzzer(&count, &arguments) { start, count in
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let again = try? reencode(bytes) else { return 0 }
    if again == bytes { return 0 }
    say("\(name) accepted \(bytes), and encoded it as \(again)")
    abort()
}
exit(status)
