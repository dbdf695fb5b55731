import Synchronization
import XDS

/// What the streams of one server share, so that a thousand clients of one configuration cost
/// little more than one.
///
/// Both are memos of pure functions: with or without sharing a stream says the same.
package protocol StreamSharing: Sendable {
    /// The set of names with this identity: an equal one of another stream, or what `make` makes.
    func names(_ identity: NameSet.Identity, make: () -> NameSet) -> NameSet

    /// The content for this key: another stream's, or what `make` makes.
    func content(_ key: ResponseContent.Key, make: () -> ResponseContent) -> ResponseContent
}

/// Nothing is shared.
package struct Unshared: StreamSharing {
    /// For a single stream.
    package init() {}

    package func names(_ identity: NameSet.Identity, make: () -> NameSet) -> NameSet {
        make()
    }

    package func content(
        _ key: ResponseContent.Key, make: () -> ResponseContent
    ) -> ResponseContent {
        make()
    }
}

/// Sharing between the streams of a server.
///
/// Sets of names are held by the streams alone. Of the contents the latest few are kept, because
/// a client that is slow, or that comes a moment later, asks for the same.
package final class SharedStreams: StreamSharing {
    private struct WeakSet {
        weak var names: NameSet?
    }

    private struct Sets {
        var byIdentity: [NameSet.Identity: WeakSet] = [:]
        var pruneAt = 64
    }

    private struct Contents {
        var byKey: [ResponseContent.Key: ResponseContent] = [:]
        /// The keys from the oldest to the newest, as a ring.
        var keys: [ResponseContent.Key] = []
        var oldest = 0
    }

    private static let keptContents = 32
    private let sets = Mutex(Sets())
    private let contents = Mutex(Contents())

    /// Nothing is shared yet.
    package init() {}

    package func names(_ identity: NameSet.Identity, make: () -> NameSet) -> NameSet {
        sets.withLock { sets in
            if let known = sets.byIdentity[identity]?.names { return known }
            let made = make()
            if let known = sets.byIdentity[made.identity]?.names { return known }
            sets.byIdentity[made.identity] = WeakSet(names: made)
            if sets.byIdentity.count > sets.pruneAt {
                sets.byIdentity = sets.byIdentity.filter { $0.value.names != nil }
                sets.pruneAt = max(64, 2 * sets.byIdentity.count)
            }
            return made
        }
    }

    /// Made under the lock: a thousand streams that need the same content at once make it once.
    package func content(
        _ key: ResponseContent.Key, make: () -> ResponseContent
    ) -> ResponseContent {
        contents.withLock { contents in
            if let known = contents.byKey[key] { return known }
            let made = make()
            contents.byKey[key] = made
            if contents.keys.count < Self.keptContents {
                contents.keys.append(key)
            } else {
                contents.byKey[contents.keys[contents.oldest]] = nil
                contents.keys[contents.oldest] = key
                contents.oldest = (contents.oldest + 1) % Self.keptContents
            }
            return made
        }
    }
}
