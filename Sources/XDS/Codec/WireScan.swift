internal import CEnvoyAPI

/// A walk over a message's bytes, guided by its descriptor, before protobuf-c unpacks them.
///
/// protobuf-c has no recursion limit (34 KB of nested messages overflow a stack), does not check
/// UTF-8, cuts strings at NUL, and merges a singular message that comes twice by copying it, which
/// takes quadratic time. After a scan none of these can happen:
/// - nesting and size are within the limits, the contents of an `Any` of a known type included;
/// - tags, lengths and varints are whole, wire types fit, there are no groups;
/// - strings are UTF-8 without NUL;
/// - no singular message field comes twice. The specification lets a parser merge the two; no
///   encoder writes them.
///
/// Source: protobuf "Encoding".
struct WireScan {
    private let limits: DecodingLimits
    private let followsAny: Bool
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer, limits: DecodingLimits, followsAny: Bool) {
        self.bytes = bytes
        self.limits = limits
        self.followsAny = followsAny
    }

    /// Scans the whole.
    mutating func check(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(XDSError) {
        guard bytes.count <= limits.size else {
            throw XDSError(
                .tooLarge, "\(bytes.count) bytes, the limit is \(limits.size); send less at once")
        }
        try message(bytes, descriptor, depth: 1)
    }

    private func message(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
        depth: Int
    ) throws(XDSError) {
        guard depth <= limits.depth else {
            throw XDSError(.tooDeep, "messages are nested deeper than \(limits.depth)")
        }
        let isAny = followsAny && descriptor == DescriptorTable.any
        var reader = WireReader(bytes)
        var seen: UInt64 = 0
        var hint = 0
        var typeURL = UnsafeRawBufferPointer(start: nil, count: 0)
        var packed = UnsafeRawBufferPointer(start: nil, count: 0)
        while let tag = try reader.tag() {
            guard let index = descriptor.index(of: tag.field, hint: hint) else {
                try reader.skip(tag.wireType)
                continue
            }
            hint = index
            let field = descriptor.pointee.fields + index
            guard let content = try value(of: field, tag, &reader) else { continue }
            if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE {
                try once(field, index, &seen)
                try nested(content, field, depth: depth)
            } else if isAny, field.pointee.id == 1 {
                typeURL = content
            } else if isAny, field.pointee.id == 2 {
                packed = content
            }
        }
        if isAny { try contents(of: packed, typeURL, depth: depth) }
    }

    /// Throws when a singular message field is seen again. Messages of the subset have fewer than
    /// 64 fields.
    private func once(
        _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ index: Int, _ seen: inout UInt64
    ) throws(XDSError) {
        guard field.pointee.label != PROTOBUF_C_LABEL_REPEATED, index < 64 else { return }
        guard seen & (1 << UInt64(index)) == 0 else {
            throw XDSError(
                .malformed, "the field occurs twice", at: String(cString: field.pointee.name))
        }
        seen |= 1 << UInt64(index)
    }

    private func nested(
        _ content: UnsafeRawBufferPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>,
        depth: Int
    ) throws(XDSError) {
        guard let type = field.pointee.descriptor else { return }
        do throws(XDSError) {
            let type = type.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            try message(content, type, depth: depth + 1)
        } catch {
            throw error.inside(String(cString: field.pointee.name))
        }
    }

    /// Scans an `Any`'s contents when their type is of the subset; nothing unpacks others.
    private func contents(
        of packed: UnsafeRawBufferPointer, _ typeURL: UnsafeRawBufferPointer, depth: Int
    ) throws(XDSError) {
        guard let type = DescriptorTable.descriptor(ofTypeURL: typeURL) else { return }
        do throws(XDSError) {
            try message(packed, type, depth: depth + 1)
        } catch {
            throw error.inside("value")
        }
    }

    /// Reads a known field's value; returns the bytes of a length-delimited one.
    private func value(
        of field: UnsafePointer<ProtobufCFieldDescriptor>, _ tag: WireReader.Tag,
        _ reader: inout WireReader
    ) throws(XDSError) -> UnsafeRawBufferPointer? {
        let expected = WireReader.WireType(of: field.pointee.type)
        if tag.wireType == expected, expected != .lengthDelimited {
            try reader.skip(expected)
            return nil
        }
        guard tag.wireType == .lengthDelimited else { throw wrongWireType(field) }
        let content = try reader.lengthDelimited()
        if expected == .lengthDelimited {
            if field.pointee.type == PROTOBUF_C_TYPE_STRING { try text(content, field) }
            return content
        }
        guard field.pointee.label == PROTOBUF_C_LABEL_REPEATED else { throw wrongWireType(field) }
        var elements = WireReader(content)
        while !elements.isAtEnd { try elements.skip(expected) }
        return nil
    }

    private func wrongWireType(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> XDSError {
        XDSError(
            .malformed, "the field has the wire type of another",
            at: String(cString: field.pointee.name))
    }

    private func text(
        _ bytes: UnsafeRawBufferPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
    ) throws(XDSError) {
        guard bytes.isTextWithoutNUL else {
            throw XDSError(
                .invalidText, "the string is not UTF-8, or holds U+0000",
                at: String(cString: field.pointee.name))
        }
    }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
    /// The index of a field by its number; fields are sorted by number. Encoders write fields in
    /// that order, so the search starts at `hint`, the index of the field before.
    func index(of number: UInt32, hint: Int) -> Int? {
        let count = Int(pointee.n_fields)
        guard count > 0, let fields = pointee.fields else { return nil }
        if hint < count, fields[hint].id == number { return hint }
        var low = 0
        var high = count
        if hint < count {
            if fields[hint].id < number { low = hint + 1 } else { high = hint }
        }
        if low < high, fields[low].id == number { return low }
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].id < number { low = middle + 1 } else { high = middle }
        }
        return low < count && fields[low].id == number ? low : nil
    }
}
