internal import CEnvoyAPI

/// A virtual host as it came, with its routes still encoded.
///
/// A virtual host with thousands of routes comes whole when one of them changes. The routes that
/// are the same, byte for byte, as those of the virtual host before are shared with it and not
/// read again.
public struct ReceivedVirtualHost: Hashable, Sendable {
    /// The resource's name.
    public let name: String
    /// The hosts.
    public let domains: [String]
    /// The routes, in order.
    public let routes: [ReceivedRoute]

    /// A virtual host that came some other way.
    public init(_ host: VirtualHost) {
        name = host.name
        domains = host.domains
        routes = host.routes.map { ReceivedRoute($0) }
    }

    /// Reads a virtual host.
    ///
    /// - Parameters:
    ///   - bytes: The message in wire format.
    ///   - previous: The one that it replaces.
    /// - Throws: ``XDSError`` with the field at fault.
    /// - Complexity: O(size) to compare; only routes that are new are decoded.
    public init(
        decoding bytes: UnsafeRawBufferPointer, reusing previous: ReceivedVirtualHost?
    ) throws(XDSError) {
        let parts = try Parts(bytes)
        let rest = try VirtualHost(decoding: parts.rest)
        name = rest.name
        domains = rest.domains
        var sharing = RouteSharing(previous?.routes ?? [])
        var routes: [ReceivedRoute] = []
        routes.reserveCapacity(parts.routes.count)
        for (index, part) in parts.routes.enumerated() {
            if let same = sharing.same(as: part) {
                routes.append(same)
                continue
            }
            do throws(XDSError) {
                routes.append(try ReceivedRoute(decoding: part))
            } catch {
                throw error.inside("routes", index).of(VirtualHost.messageName, named: rest.name)
            }
        }
        self.routes = routes
    }

    /// Reads a virtual host out of an `Any`.
    ///
    /// - Throws: ``XDSError``, `.unknownType` when the type URL names another message.
    public init(
        unpacking message: AnyMessage, reusing previous: ReceivedVirtualHost?
    ) throws(XDSError) {
        guard
            DescriptorTable.messageName(ofTypeURL: message.typeURL[...]) == VirtualHost.messageName
        else {
            throw XDSError(
                .unknownType, "the type URL is \(message.typeURL), expected \(VirtualHost.typeURL)",
                at: "type_url")
        }
        self = try message.value.withUnsafeBufferPointer { (buffer) throws(XDSError) -> Self in
            try Self(decoding: UnsafeRawBufferPointer(buffer), reusing: previous)
        }
    }

    /// The same with only those routes that do not share their memory with another's.
    public func withoutRoutes(of other: ReceivedVirtualHost) -> ReceivedVirtualHost {
        let known = Set(other.routes.lazy.map(ObjectIdentifier.init))
        return ReceivedVirtualHost(
            name: name, domains: domains,
            routes: routes.filter { !known.contains(ObjectIdentifier($0)) })
    }

    private init(name: String, domains: [String], routes: [ReceivedRoute]) {
        self.name = name
        self.domains = domains
        self.routes = routes
    }

    /// The message's routes, and all else.
    private struct Parts {
        var routes: [UnsafeRawBufferPointer] = []
        var rest: [UInt8] = []

        init(_ bytes: UnsafeRawBufferPointer) throws(XDSError) {
            var reader = WireReader(bytes)
            while true {
                let start = reader.offset
                guard let tag = try reader.tag() else { break }
                if tag.field == 3, tag.wireType == .lengthDelimited {
                    routes.append(try reader.lengthDelimited())
                } else {
                    try reader.skip(tag.wireType)
                    rest += bytes[start..<reader.offset]
                }
            }
        }
    }
}

/// A route as it came: known to be well-formed, and read again by whoever compiles it.
public final class ReceivedRoute: Hashable, Sendable {
    /// How the path is compared.
    public let path: RouteMatch.Path
    private let bytes: [UInt8]
    private let digest: UInt64

    /// A route that came some other way.
    public init(_ route: Route) {
        path = route.match.path
        bytes = PackableMessage(route).bytes()
        digest = bytes.withUnsafeBytes { xxHash64($0) }
    }

    fileprivate init(decoding part: UnsafeRawBufferPointer) throws(XDSError) {
        path = try Route(scanning: part, limits: .standard, followsAny: true).match.path
        bytes = [UInt8](part)
        digest = xxHash64(part)
    }

    /// The route, read anew: it is kept encoded, because few ever ask.
    ///
    /// - Throws: Nothing that came by way of an initialiser; they have read the bytes before.
    /// - Complexity: O(size).
    public func decoded() throws(XDSError) -> Route {
        try bytes.withUnsafeBufferPointer { (buffer) throws(XDSError) -> Route in
            try Route(
                scanning: UnsafeRawBufferPointer(buffer), limits: .standard, followsAny: true)
        }
    }

    fileprivate func isSame(_ part: UnsafeRawBufferPointer) -> Bool {
        bytes.count == part.count
            && bytes.withUnsafeBytes { buffer in
                guard let own = buffer.baseAddress, let other = part.baseAddress else {
                    return true
                }
                return own == other || compare(own, other, part.count)
            }
    }

    /// Equal by bytes.
    public static func == (left: ReceivedRoute, right: ReceivedRoute) -> Bool {
        left === right || left.digest == right.digest && left.bytes == right.bytes
    }

    /// Hashes the digest of the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

private func compare(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
) -> Bool {
    var index = 0
    while index + 8 <= count {
        if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        {
            return false
        }
        index += 8
    }
    while index < count {
        if left.load(fromByteOffset: index, as: UInt8.self)
            != right.load(fromByteOffset: index, as: UInt8.self)
        {
            return false
        }
        index += 1
    }
    return true
}

/// Finds the routes of a former virtual host in a new one: most stand one after the other as they
/// did, so the next is looked at first, and a table by digest is made only when that fails.
private struct RouteSharing {
    private let former: [ReceivedRoute]
    private var next = 0
    private var byDigest: [UInt64: Int]?

    init(_ former: [ReceivedRoute]) { self.former = former }

    mutating func same(as part: UnsafeRawBufferPointer) -> ReceivedRoute? {
        // After a route that was replaced, the one behind it comes next.
        for place in [next, next + 1] where place < former.count {
            if former[place].isSame(part) {
                next = place + 1
                return former[place]
            }
        }
        guard let place = table[xxHash64(part)], former[place].isSame(part) else { return nil }
        next = place + 1
        return former[place]
    }

    private var table: [UInt64: Int] {
        mutating get {
            if let byDigest { return byDigest }
            var table: [UInt64: Int] = [:]
            for (index, route) in former.enumerated() { table[route.key] = index }
            byDigest = table
            return table
        }
    }
}

extension ReceivedRoute {
    fileprivate var key: UInt64 { digest }
}
