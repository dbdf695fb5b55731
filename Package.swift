// swift-tools-version: 6.1
import PackageDescription

// A target imports only targets declared above it; `make lint` lets the compiler check that.

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hashTree = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil,
    exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        swiftSettings: swiftSettings)
}

/// One of the plugins that come with Heddle.
func plugin(_ kind: String, _ dependencies: [Target.Dependency] = []) -> Target {
    library(
        "\(kind)Plugin", ["HeddlePlugin", "GatewayAPI", "XDS"] + dependencies,
        path: "plugins/\(kind)")
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + [arguments], path: path,
        swiftSettings: swiftSettings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swiftSettings)
}

let package = Package(
    name: "heddle",
    products: [
        .library(name: "HeddleXDS", targets: ["HeddleXDS", "Discovery", "GRPC", "XDS"]),
        .library(name: "HeddlePlugin", targets: ["HeddlePlugin", "GatewayAPI", "XDS"]),
        .executable(name: "heddled", targets: ["heddled"]),
        .executable(name: "heddle-agent", targets: ["heddle-agent"]),
        .executable(name: "heddlectl", targets: ["heddlectl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        // gRPC and protobuf, in C.
        .target(
            name: "CGRPC",
            linkerSettings: [.linkedLibrary("grpc"), .linkedLibrary("gpr")]),
        .target(name: "CEnvoyAPI", linkerSettings: [.linkedLibrary("protobuf-c")]),

        // Values.
        library("XDS", ["CEnvoyAPI"]),
        library("GatewayAPI", [.product(name: "Yams", package: "Yams")]),
        library("GRPC", ["CGRPC"]),

        // How a request finds its route: what proxies compile, and what plugins check against.
        library("Routing", ["XDS"]),

        // Gateway API resources to xDS resources.
        library("HeddlePlugin", ["GatewayAPI", "XDS"]),
        plugin("HTTPRoute", ["Routing"]),
        plugin("GRPCRoute", ["HTTPRoutePlugin"]),
        plugin("TLSRoute"),
        plugin("TCPRoute"),
        plugin("UDPRoute"),
        plugin("BackendTLSPolicy"),
        plugin("XBackend", ["BackendTLSPolicyPlugin"]),
        plugin("XBackendTrafficPolicy"),
        library(
            "BuiltInPlugins",
            [
                "HeddlePlugin", "HTTPRoutePlugin", "GRPCRoutePlugin", "TLSRoutePlugin",
                "TCPRoutePlugin",
                "UDPRoutePlugin", "BackendTLSPolicyPlugin", "XBackendPlugin",
                "XBackendTrafficPolicyPlugin",
            ], path: "plugins/BuiltIn"),
        library("Translation", ["HeddlePlugin", "GatewayAPI", "XDS"]),

        // Snapshots and the discovery protocol, both ends.
        library("Discovery", ["XDS", hashTree]),
        library("HeddleXDS", ["Discovery", "GRPC", "XDS", log]),

        // The proxy: matching and picking, then bytes.
        .target(name: "CLinuxIO"),
        .target(name: "CNghttp2", linkerSettings: [.linkedLibrary("nghttp2")]),
        .target(
            name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        library("DataPath", ["Routing", "XDS", "CLinuxIO", "CNghttp2", "COpenSSL"]),

        // What the admin port says, for those who serve it and those who read it.
        library("AdminAPI"),

        // The two programs' wiring.
        library(
            "ControlPlane",
            [
                "AdminAPI", "Translation", "Discovery", "HeddleXDS", "GatewayAPI", "XDS",
                "HeddlePlugin", log, lifecycle, nio, nioPosix, nioHTTP1,
            ]),
        library(
            "Agent",
            [
                "AdminAPI", "Discovery", "GRPC", "Routing", "DataPath", "XDS", log, lifecycle,
            ]),

        library("ProgramOptions", [arguments, log]),
        program(
            "heddled",
            [
                "ProgramOptions", "ControlPlane", "AdminAPI", "BuiltInPlugins", "Translation",
                "HeddleXDS", "GRPC", log, lifecycle, unixSignals,
            ]),
        program(
            "heddle-agent",
            ["ProgramOptions", "Agent", "AdminAPI", "GRPC", lifecycle, unixSignals]),
        program(
            "heddlectl",
            [
                "GatewayAPI", "Translation", "HeddlePlugin", "BuiltInPlugins", "AdminAPI", "XDS",
                .product(name: "Yams", package: "Yams"),
            ]),
        program("bookinfo", [nio, nioPosix, nioHTTP1], path: "examples/bookinfo/Sources"),
        .executableTarget(
            name: "bench-xds-server", dependencies: ["HeddleXDS", "Discovery", "XDS", log],
            path: "Benchmarks/xds-server", swiftSettings: swiftSettings),
        .executableTarget(
            name: "snapshot-server", dependencies: ["HeddleXDS", "Discovery", "XDS", log],
            path: "examples/snapshot-server/Sources", swiftSettings: swiftSettings),

        tests("XDSTests", ["XDS"]),
        tests("GatewayAPITests", ["GatewayAPI"]),
        tests("GRPCTests", ["GRPC"]),
        tests(
            "TranslationTests", ["Translation", "BuiltInPlugins", "GatewayAPI", "XDS"],
            exclude: ["Fixtures"]),
        tests("DiscoveryTests", ["Discovery", "XDS"]),
        tests(
            "HeddleXDSTests", ["HeddleXDS", "Discovery", "GRPC", "XDS", log], exclude: ["Peers"]),
        tests("RoutingTests", ["Routing", "XDS"]),
        tests("DataPathTests", ["DataPath", "Routing", "XDS", "CNghttp2"]),
        tests(
            "ControlPlaneTests",
            [
                "AdminAPI", "ControlPlane", "Discovery", "GRPC", "GatewayAPI", "HeddleXDS",
                "Translation", "XDS", "heddlectl", log, nio, nioPosix, nioHTTP1,
            ], exclude: ["Admin/proxy.config.yaml"]),
        tests("AgentTests", ["Agent", "Discovery", "XDS", "Routing", log]),
        tests("EndToEndTests", []),
        tests(
            "ConformanceTests", [.product(name: "Yams", package: "Yams")],
            exclude: ["Cases", "Peer", "known-failures.txt"]),
    ],
    swiftLanguageModes: [.v6]
)
