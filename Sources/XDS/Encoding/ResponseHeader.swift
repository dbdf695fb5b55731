/// A discovery response without its resources: version, type, nonce, and what is gone.
///
/// Followed by ``EncodedResource/deltaField``s or ``EncodedResource/sotwField``s it is the whole
/// response.
public enum ResponseHeader: Hashable, Sendable {
    /// A `DiscoveryResponse`.
    case sotw(version: String, type: ResourceType, nonce: String)
    /// A `DeltaDiscoveryResponse`.
    case delta(systemVersion: String, type: ResourceType, removed: [String], nonce: String)

    /// The header in wire format.
    ///
    /// Complexity: O(size).
    public func encoded() -> [UInt8] {
        switch self {
        case .sotw(let version, let type, let nonce):
            DiscoveryResponse(versionInfo: version, resources: [], type: type, nonce: nonce)
                .encoded()
        case .delta(let systemVersion, let type, let removed, let nonce):
            DeltaDiscoveryResponse(
                systemVersionInfo: systemVersion, type: type, removedResources: removed,
                nonce: nonce
            ).encoded()
        }
    }
}
