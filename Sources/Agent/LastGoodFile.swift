import Discovery
import Glibc
import XDS

/// The last accepted configuration on disk, from which the agent starts when the control plane is
/// away.
///
/// The file is one `envoy.service.discovery.v3.DeltaDiscoveryResponse` with the resources of all
/// types, replaced whole by a rename, so that a crash or a full disk leaves the former one.
struct LastGoodFile: Sendable {
    /// Why the file cannot be read or written.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let sizeLimit = 256 << 20

    /// Where the file is.
    let path: String

    /// The file of a gateway in a directory.
    init(directory: String, namespace: String, gateway: String) {
        path = "\(directory)/\(namespace).\(gateway).snapshot"
    }

    /// Reads it.
    ///
    /// - Returns: The resources; nil where there is no file.
    /// - Throws: ``Failure`` where it cannot be read or is damaged.
    func read() throws(Failure) -> [ResourceType: [String: DeltaClientStream.Entry]]? {
        guard let bytes = try contents() else { return nil }
        let stored: DeltaDiscoveryResponse
        do {
            stored = try DeltaDiscoveryResponse(
                decoding: bytes, limits: DecodingLimits(size: Self.sizeLimit))
        } catch {
            throw failure("is damaged: \(error)")
        }
        var resources: [ResourceType: [String: DeltaClientStream.Entry]] = [:]
        for resource in stored.resources {
            guard let message = resource.resource else { continue }
            let type = ResourceType(rawValue: message.typeURL)
            resources[type, default: [:]][resource.name] = DeltaClientStream.Entry(
                version: resource.version, message: message)
        }
        return resources
    }

    /// Replaces it.
    ///
    /// - Throws: ``Failure`` where it cannot be written; the former file is then still there.
    func write(
        _ resources: [ResourceType: [String: DeltaClientStream.Entry]]
    ) throws(Failure) {
        let stored = DeltaDiscoveryResponse(
            resources: resources.values.flatMap { entries in
                entries.map {
                    DeltaResource(
                        name: $0.key, version: $0.value.version, resource: $0.value.message)
                }
            },
            type: ResourceType(rawValue: ""), nonce: "")
        makeDirectory()
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be written: \(reason())") }
        // It holds private keys; a file that was left behind may be anybody's to read.
        fchmod(descriptor, 0o600)
        let problem = write(stored.encoded(), to: descriptor)
        close(descriptor)
        if let problem {
            unlink(temporary)
            throw failure("cannot be written: \(problem)")
        }
        guard rename(temporary, path) == 0 else {
            throw failure("cannot be replaced: \(reason())")
        }
    }

    /// Makes the directory and those above it; whatever stands in the way shows when the file is
    /// opened.
    private func makeDirectory() {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        for end in parts.indices {
            let directory = parts[...end].joined(separator: "/")
            if !directory.isEmpty { mkdir(directory, 0o700) }
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
            }
            if written < 0 && errno == EINTR { continue }
            if written <= 0 { return reason() }
            offset += written
        }
        return fsync(descriptor) == 0 ? nil : reason()
    }

    private func contents() throws(Failure) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be read: \(reason())")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw failure("cannot be read: \(reason())") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > Self.sizeLimit { throw failure("is larger than 256 MiB") }
        }
    }

    private func reason() -> String {
        String(cString: strerror(errno))
    }

    private func failure(_ what: String) -> Failure {
        Failure(description: "\(path) \(what)")
    }
}
