/// What a request says but for the names it asks for, read in place.
///
/// Nearly all requests are acknowledgements, one for each push. Every one by state of the world
/// repeats all names; a thousand of them take longer to decode than all else that it costs. The
/// digest tells whether they are the names of an earlier request.
public struct DiscoveryRequestOutline: Sendable {
    /// The type asked for; empty when the request does not say.
    public private(set) var type = ResourceType(rawValue: "")
    /// The nonce of the response that this one answers.
    public private(set) var responseNonce = ""
    /// Whether the response was refused.
    public private(set) var isRefusal = false
    /// Equal for requests whose names are the same bytes in the same order. Not cryptographic: a
    /// client that seeks two lists with one digest deceives itself.
    public private(set) var namesDigest: UInt64 = 0

    /// Reads an `envoy.service.discovery.v3.DeltaDiscoveryRequest` that changes no subscription.
    ///
    /// - Returns: Nil where it changes one, or where the bytes are no request: decode them then.
    ///
    /// Complexity: O(size).
    public init?(delta bytes: UnsafeRawBufferPointer) {
        do throws(XDSError) {
            var reader = WireReader(bytes)
            while let tag = try reader.tag() {
                guard tag.wireType == .lengthDelimited else { return nil }
                let content = try reader.lengthDelimited()
                switch tag.field {
                case 1: continue  // node
                case 2: type = ResourceType(rawValue: String(decoding: content, as: UTF8.self))
                case 6: responseNonce = String(decoding: content, as: UTF8.self)
                case 7: isRefusal = true
                default: return nil
                }
            }
        } catch {
            return nil
        }
    }

    /// Reads an `envoy.service.discovery.v3.DiscoveryRequest`.
    ///
    /// - Returns: Nil where the bytes are none, or written otherwise than libraries write them:
    ///   decode them then.
    ///
    /// Complexity: O(size), without an allocation for the names.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var names = NameRun()
        do throws(XDSError) {
            var reader = WireReader(bytes)
            while let tag = try reader.tag() {
                guard tag.wireType == .lengthDelimited else { return nil }
                let content = try reader.lengthDelimited()
                switch tag.field {
                case 1, 2: names.end()  // version_info, node
                case 3:
                    guard names.take(content) else { return nil }
                case 4:
                    names.end()
                    type = ResourceType(rawValue: String(decoding: content, as: UTF8.self))
                case 5:
                    names.end()
                    responseNonce = String(decoding: content, as: UTF8.self)
                case 6:
                    names.end()
                    isRefusal = true
                default: return nil
                }
            }
        } catch {
            return nil
        }
        namesDigest = names.digest
    }
}

/// The names of a request, which stand one after the other.
private struct NameRun {
    private var first: UnsafeRawPointer?
    private var last: UnsafeRawPointer?
    private var count: UInt64 = 0
    private var isOver = false

    /// - Returns: Whether the name follows the one before.
    mutating func take(_ name: UnsafeRawBufferPointer) -> Bool {
        if isOver { return false }
        guard let start = name.baseAddress else { return false }
        if first == nil { first = start }
        last = start + name.count
        count += 1
        return true
    }

    mutating func end() {
        if first != nil { isOver = true }
    }

    /// Over the names with the tags and lengths between them.
    var digest: UInt64 {
        guard let first, let last else { return 0 }
        return xxHash64(UnsafeRawBufferPointer(start: first, count: last - first)) ^ count
    }
}
