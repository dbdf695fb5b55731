import HashTreeCollections

/// The names that a client has asked for.
///
/// Immutable and compared by identity, so that a thousand clients of one configuration can share
/// one set, and one answer: see ``StreamSharing``.
package final class NameSet: Sendable {
    /// Equal for sets of the same names.
    ///
    /// Sums over hashes of the names whose keys nobody outside of the process knows, so that no
    /// client can make up names to be taken for another's.
    package struct Identity: Hashable, Sendable {
        fileprivate(set) var count = 0
        fileprivate var first = 0
        fileprivate var second = 0

        /// Nothing.
        package init() {}

        fileprivate mutating func add(_ name: String) {
            let hash = Self.hash(name)
            count += 1
            first &+= hash
            second &+= Self.mix(hash)
        }

        fileprivate mutating func remove(_ name: String) {
            let hash = Self.hash(name)
            count -= 1
            first &-= hash
            second &-= Self.mix(hash)
        }

        private static func hash(_ name: String) -> Int {
            var hasher = Hasher()
            hasher.combine(name)
            return hasher.finalize()
        }

        /// Not linear, so that two sets whose first sums are equal differ in the second one.
        private static func mix(_ hash: Int) -> Int {
            let mixed = (hash ^ hash &>> 29) &* -0x4b47_d0c5_a1b2_34a3
            return mixed ^ mixed &>> 32
        }
    }

    /// No name.
    static let empty = NameSet(names: [], identity: Identity())

    private let names: TreeSet<String>
    let identity: Identity

    private init(names: TreeSet<String>, identity: Identity) {
        self.names = names
        self.identity = identity
    }

    var count: Int { identity.count }

    func contains(_ name: String) -> Bool {
        names.contains(name)
    }

    /// All names, in no particular order.
    var all: TreeSet<String> { names }

    /// The set of these names, an equal one if there is one to share.
    static func of(_ names: [String], sharing: some StreamSharing) -> NameSet {
        var identity = Identity()
        for name in names { identity.add(name) }
        // With a name in it twice the identity fits no set, and the set is made here.
        return sharing.names(identity) { NameSet.empty.adding(names) }
    }

    /// The set with these names too.
    func adding(_ added: [String]) -> NameSet {
        var names = names
        var identity = identity
        for name in added where names.insert(name).inserted { identity.add(name) }
        return NameSet(names: names, identity: identity)
    }

    /// The set without these names.
    func removing(_ removed: some Sequence<String>) -> NameSet {
        var names = names
        var identity = identity
        for name in removed where names.remove(name) != nil { identity.remove(name) }
        return NameSet(names: names, identity: identity)
    }
}
