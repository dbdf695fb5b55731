internal import CEnvoyAPI

extension JSONPrinter {
    /// Prints a message with a JSON form of its own; false when it has none.
    mutating func wellKnown(_ message: UnsafeRawPointer) throws(XDSError) -> Bool {
        let name = String(cString: message.descriptor.name)
        guard name.hasPrefix("google.protobuf.") else { return false }
        switch name {
        case "google.protobuf.Any":
            try any(message.assumingMemoryBound(to: Google__Protobuf__Any.self).pointee)
        case "google.protobuf.Duration":
            try duration(message.assumingMemoryBound(to: Google__Protobuf__Duration.self).pointee)
        case "google.protobuf.Timestamp":
            let time = message.assumingMemoryBound(to: Google__Protobuf__Timestamp.self).pointee
            writer.string(try Timestamp(time, in: arena).description)
        case "google.protobuf.Struct", "google.protobuf.ListValue":
            try collection(message)
        case "google.protobuf.Value":
            try dynamicValue(message)
        default:
            guard name.hasSuffix("Value"), let field = message.fields.first else { return false }
            try value(field, message + Int(field.offset))
        }
        return true
    }

    /// The type URL beside the contents' own members, or beside `value` where the contents have a
    /// form of their own.
    private mutating func any(_ any: Google__Protobuf__Any) throws(XDSError) {
        let url = String(any.type_url)
        writer.open(.object)
        if !url.isEmpty || any.value.len > 0 {
            writer.name("@type")
            writer.string(url)
            try contents(UnsafeRawBufferPointer(any.value), url)
        }
        writer.close(.object)
    }

    private mutating func contents(
        _ packed: UnsafeRawBufferPointer, _ url: String
    ) throws(XDSError) {
        guard let descriptor = DescriptorTable.descriptor(ofTypeURL: url) else {
            writer.name("value")
            return base64(packed)
        }
        let message = UnsafeRawPointer(try arena.unpack(packed, descriptor))
        if String(cString: descriptor.pointee.name).hasPrefix("google.protobuf.") {
            writer.name("value")
            try self.message(message)
        } else {
            try fields(of: message)
        }
    }

    /// Seconds with 0, 3, 6 or 9 digits after the point.
    private mutating func duration(_ duration: Google__Protobuf__Duration) throws(XDSError) {
        _ = try Duration(duration, in: arena)
        let sign = duration.seconds < 0 || duration.nanos < 0 ? "-" : ""
        let fraction = fractionText(nanoseconds: duration.nanos.magnitude)
        writer.string("\(sign)\(duration.seconds.magnitude)\(fraction)s")
    }

    /// The object of a `Struct`, the array of a `ListValue`; empty ones too.
    private mutating func collection(_ message: UnsafeRawPointer) throws(XDSError) {
        guard let field = message.fields.first else { return }
        if field.isSet(in: message) { return try repeated(field, message) }
        writer.literal(field.isMap ? "{}" : "[]")
    }

    /// The value itself; `null` when none is chosen.
    private mutating func dynamicValue(_ message: UnsafeRawPointer) throws(XDSError) {
        guard let field = message.fields.first(where: { $0.isSet(in: message) }),
            field.type != PROTOBUF_C_TYPE_ENUM
        else { return writer.literal("null") }
        try value(field, message + Int(field.offset))
    }
}

/// Nanoseconds as a point and 3, 6 or 9 digits; empty for none.
func fractionText(nanoseconds: UInt32) -> String {
    guard nanoseconds > 0 else { return "" }
    var fraction = nanoseconds
    var digits = 9
    while fraction % 1000 == 0 {
        fraction /= 1000
        digits -= 3
    }
    let shown = String(fraction)
    return "." + String(repeating: "0", count: digits - shown.utf8.count) + shown
}
