// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is built the same way; in CI a warning is an error.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (Context.environment["CI"] == "true" ? [.treatAllWarnings(as: .error)] : [])

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "conclave",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        // L1: bytes ⇄ values.
        library("TLSSyntax", []),
        library("Chat", []),
        library("ChatWire", ["Chat", "TLSSyntax", nio]),
    ],
    swiftLanguageModes: [.v6]
)
