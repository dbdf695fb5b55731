/// The hash of what an object says: the same for any order of keys, style and comments.
///
/// Left out is what changes without the object meaning anything else: `metadata.resourceVersion`
/// and `metadata.managedFields`, and the `status` of a Gateway API object save the addresses of a
/// Gateway, because Heddle itself writes the rest.
func contentHash(of node: ManifestNode, group: String) -> UInt64 {
    var writer = CanonicalWriter()
    let hasOwnStatus = !isGatewayAPI(group)
    writer.write(node) { path, key in
        switch (path, key) {
        case ("metadata", "resourceVersion"), ("metadata", "managedFields"): false
        case ("status", "addresses"): true
        case ("status", _): hasOwnStatus
        default: true
        }
    }
    return stableHash(of: writer.bytes)
}

/// Whether a group is the Gateway API's, whose objects have a status that controllers write.
func isGatewayAPI(_ group: String) -> Bool {
    group == GroupKind.gatewayGroup || group == GroupKind.experimentalGatewayGroup
}

/// Writes a tree as bytes, mappings in the order of their keys.
private struct CanonicalWriter {
    var bytes: [UInt8] = []

    /// Writes a tree, asking for the members of its second level whether they count.
    ///
    /// A mapping of which none counts is left out, as if it were absent.
    mutating func write(_ node: ManifestNode, where counts: (_ path: String, String) -> Bool) {
        guard case .mapping(let members) = node.value else { return write(node) }
        let counted = members.compactMap { member -> ManifestNode.Member? in
            guard case .mapping(let inner) = member.node.value else { return member }
            let kept = inner.filter { counts(member.key, $0.key) }
            guard inner.isEmpty || !kept.isEmpty else { return nil }
            var member = member
            member.node.value = .mapping(kept)
            return member
        }
        writeMembers(counted)
    }

    private mutating func write(_ node: ManifestNode) {
        switch node.value {
        case .scalar(let scalar): write(scalar.resolved)
        case .sequence(let nodes):
            bytes.append(UInt8(ascii: "["))
            write(length: nodes.count)
            nodes.forEach { write($0) }
        case .mapping(let members): writeMembers(members)
        }
    }

    private mutating func writeMembers(_ members: [ManifestNode.Member]) {
        let members = members.filter { !$0.node.isNull }.sorted { $0.key < $1.key }
        bytes.append(UInt8(ascii: "{"))
        write(length: members.count)
        for member in members {
            write(text: member.key)
            write(member.node)
        }
    }

    private mutating func write(_ scalar: JSONValue) {
        switch scalar {
        case .bool(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
        case .integer(let value):
            bytes.append(UInt8(ascii: "i"))
            write(length: value)
        case .double(let value):
            bytes.append(UInt8(ascii: "d"))
            write(length: Int(truncatingIfNeeded: value.bitPattern))
        case .string(let value):
            bytes.append(UInt8(ascii: "s"))
            write(text: value)
        case .null, .array, .object: bytes.append(UInt8(ascii: "n"))
        }
    }

    private mutating func write(text: String) {
        write(length: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func write(length: Int) {
        withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
