import HashTreeCollections
import Synchronization
public import XDS

/// The resources of one type, by name, as one immutable value.
///
/// The table is persistent: a changed table shares all but the changed paths with the old one,
/// and the resources themselves are encoded once and shared by every table and stream.
public struct ResourceTable: Sendable {
    private var resources: TreeDictionary<String, EncodedResource> = [:]
    /// The names of the resources that expire.
    private var expiring: TreeSet<String> = []
    /// A sum over the resources, so that a version costs the size of the change.
    private(set) var sum: UInt64 = 0

    /// Another after every change: two tables of one revision are the same table. 0 is the table
    /// that nothing was ever put into.
    private(set) var revision: UInt64 = 0

    /// A table without resources.
    public init() {}

    /// The resource of a name.
    public subscript(name: String) -> EncodedResource? {
        resources[name]
    }

    /// How many resources there are.
    public var count: Int { resources.count }

    /// Whether there is no resource.
    public var isEmpty: Bool { resources.isEmpty }

    /// The names, in no particular order.
    public var names: some Sequence<String> { resources.keys }

    /// The version of the whole: 16 hexadecimal digits, the same for the same content on every
    /// replica.
    public var version: String { Self.text(version: sum) }

    /// The shortest life of a resource that expires, with the names of all that do.
    var heartbeats: TreeSet<String> { expiring }

    /// Puts a resource in, in place of one of its name.
    ///
    /// - Returns: Whether anything has changed.
    /// - Complexity: The logarithm of the size.
    mutating func insert(_ resource: EncodedResource) -> Bool {
        let old = resources[resource.name]
        if let old, old.isSame(as: resource) { return false }
        resources[resource.name] = resource
        sum = sum &- (old.map(Self.weight) ?? 0) &+ Self.weight(resource)
        if resource.ttl != nil {
            expiring.insert(resource.name)
        } else if old?.ttl != nil {
            expiring.remove(resource.name)
        }
        revision = Self.nextRevision()
        return true
    }

    /// Takes a resource out.
    ///
    /// - Returns: Whether there was one.
    mutating func remove(_ name: String) -> Bool {
        guard let old = resources.removeValue(forKey: name) else { return false }
        sum = sum &- Self.weight(old)
        if old.ttl != nil { expiring.remove(name) }
        revision = Self.nextRevision()
        return true
    }

    /// What a resource adds to the sum.
    static func weight(_ resource: EncodedResource) -> UInt64 {
        Array("\(resource.name)\n\(resource.version)".utf8).withUnsafeBytes { xxHash64($0) }
    }

    /// A sum as a version.
    static func text(version sum: UInt64) -> String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static let lastRevision = Atomic<UInt64>(0)

    private static func nextRevision() -> UInt64 {
        lastRevision.add(1, ordering: .relaxed).newValue
    }
}

extension ResourceTable: Sequence {
    /// The resources, in no particular order.
    public struct Iterator: IteratorProtocol {
        fileprivate var base: TreeDictionary<String, EncodedResource>.Iterator

        /// The next resource.
        public mutating func next() -> EncodedResource? {
            base.next()?.value
        }
    }

    /// The resources, in no particular order.
    public func makeIterator() -> Iterator {
        Iterator(base: resources.makeIterator())
    }

    /// The number of resources.
    public var underestimatedCount: Int { resources.count }
}

extension EncodedResource {
    /// Whether a client that has one needs the other.
    func isSame(as other: EncodedResource) -> Bool {
        self === other || version == other.version && ttl == other.ttl
    }
}
