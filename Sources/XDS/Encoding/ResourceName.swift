extension EncodedResource {
    /// The name that a resource in wire format bears in itself: field `cluster_name` of a
    /// `ClusterLoadAssignment`, field `name` of all others (both are field 1). Nothing else of the
    /// message is looked at; nil when there is no name, or it is no text.
    ///
    /// Complexity: O(fields).
    public static func resourceName(in message: [UInt8], of type: ResourceType) -> String? {
        message.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            var name: String?
            while let tag = try? reader.tag() {
                if tag.field == 1, tag.wireType == .lengthDelimited {
                    guard let text = try? reader.lengthDelimited(), text.isTextWithoutNUL else {
                        return nil
                    }
                    name = String(decoding: text, as: UTF8.self)
                } else {
                    guard (try? reader.skip(tag.wireType)) != nil else { return nil }
                }
            }
            return name?.isEmpty == false ? name : nil
        }
    }
}
