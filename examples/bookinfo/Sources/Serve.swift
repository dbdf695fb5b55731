import ArgumentParser
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one instance of a service, or all of the example's.",
        discussion: """
            Prints `bookinfo: ready` when everything listens; ends at SIGINT or SIGTERM.
            """)

    @Flag(help: "Run every instance of the example, each at the address of its manifest.")
    var all = false

    @Option(help: "One of \(Instance.services.joined(separator: ", ")).")
    var service: String?

    @Option(help: "The version; only reviews has v2 and v3.")
    var version = "v1"

    @Option(help: "The address to listen on. (default: the manifest's)")
    var bind: String?

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = Instance.defaultPort

    @Option(help: "The name it answers with, to tell the instances of a version apart.")
    var podname: String?

    func validate() throws {
        guard all != (service != nil) else {
            throw ValidationError("give either --all or --service NAME")
        }
        if all && (bind != nil || podname != nil || port != Instance.defaultPort) {
            throw ValidationError(
                "--bind, --port and --podname go with --service; --all follows the manifests")
        }
        guard (0...65535).contains(port) else {
            throw ValidationError("--port \(port) is no port; use 0 to 65535")
        }
        _ = try instances()
    }

    func run() async throws {
        let signals = StopSignals()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var listeners: [any Channel] = []
        do {
            for instance in try instances() {
                let listener = try await Self.listen(instance, on: group)
                listeners.append(listener)
                say("\(instance.service)-\(instance.version) at \(listener.localAddress.text)")
            }
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        say("bookinfo: ready")
        await signals.wait()
        for listener in listeners { try await listener.close() }
        try await group.shutdownGracefully()
    }

    private func instances() throws -> [Instance] {
        guard let service else { return Instance.all }
        guard var instance = Instance.find(service: service, version: version) else {
            let known = Instance.all.map { "\($0.service) \($0.version)" }
            throw ValidationError(
                "there is no \(service) \(version); there are \(known.joined(separator: ", "))")
        }
        instance.address = bind ?? instance.address
        instance.port = port
        instance.podname = podname ?? instance.podname
        return [instance]
    }

    private static func listen(
        _ instance: Instance, on group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                        try pipeline.addHandler(InstanceHandler(instance))
                    }
                }
                .bind(host: instance.address, port: instance.port).get()
        } catch {
            throw Self.error(error, at: "\(instance.address):\(instance.port)", for: instance)
        }
    }

    private static func error(
        _ error: any Error, at address: String, for instance: Instance
    ) -> BookinfoError {
        let name = "\(instance.service)-\(instance.version)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            return BookinfoError(
                "\(name) cannot listen on \(address): another program does; find it with "
                    + "`ss -ltnp 'sport = :\(instance.port)'` and end it, or use another address")
        case EADDRNOTAVAIL:
            return BookinfoError(
                "\(name) cannot listen on \(address): this machine has no such address; give one "
                    + "it has with --bind")
        default: return BookinfoError("\(name) cannot listen on \(address): \(error)")
        }
    }
}

extension SocketAddress? {
    /// `127.0.10.11:9080`.
    fileprivate var text: String {
        guard let address = self, let ip = address.ipAddress, let port = address.port else {
            return "an unknown address"
        }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
