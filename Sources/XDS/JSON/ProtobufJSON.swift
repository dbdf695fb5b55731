internal import CEnvoyAPI

/// A message of the subset as JSON, in the standard proto3 form: `lowerCamelCase` names, enums by
/// name, 64-bit integers as strings, bytes in base64, `Any` with `@type`, durations as `"1.500s"`;
/// fields at their default are left out. Fields stand in the order of their numbers, map entries
/// in the order of their keys. An `Any` of a type outside the subset keeps its bytes: `{"@type":
/// URL, "value": BASE64}`. Fields outside the subset are left out. Private keys, passwords and what
/// else the API marks as sensitive become `"[redacted]"`.
///
/// Source: protobuf "ProtoJSON Format".
///
/// - Parameter typeURL: The message's type URL, or its full name.
/// - Parameter bytes: The message in wire format.
/// - Parameter pretty: One field a line, indented by two spaces.
/// - Parameter redactsSecrets: False prints secrets as they are.
/// - Throws: ``XDSError``: `.unknownType` when the message is not of the subset, else what is wrong
///   with the bytes.
///
/// Complexity: O(size).
public func protobufJSON(
    typeURL: String, bytes: UnsafeRawBufferPointer, pretty: Bool = false,
    redactsSecrets: Bool = true, limits: DecodingLimits = .standard
) throws(XDSError) -> String {
    guard let descriptor = DescriptorTable.descriptor(ofTypeURL: typeURL) else {
        throw XDSError(.unknownType, "\(typeURL) is not a message of the subset")
    }
    do throws(XDSError) {
        var scan = WireScan(bytes, limits: limits, followsAny: true)
        try scan.check(descriptor)
        let arena = Arena(sizeHint: bytes.count * 4, budget: Arena.budget(for: bytes.count))
        let message = try arena.unpack(bytes, descriptor)
        var printer = JSONPrinter(arena: arena, pretty: pretty, redactsSecrets: redactsSecrets)
        try printer.message(UnsafeRawPointer(message))
        return withExtendedLifetime(arena) { printer.text }
    } catch {
        throw error.of(String(cString: descriptor.pointee.name))
    }
}

/// A message of the subset as JSON, from an array of bytes.
///
/// - Throws: ``XDSError``: `.unknownType` when the message is not of the subset, else what is wrong
///   with the bytes.
public func protobufJSON(
    typeURL: String, bytes: [UInt8], pretty: Bool = false, redactsSecrets: Bool = true,
    limits: DecodingLimits = .standard
) throws(XDSError) -> String {
    try bytes.withUnsafeBufferPointer { (buffer) throws(XDSError) -> String in
        try protobufJSON(
            typeURL: typeURL, bytes: UnsafeRawBufferPointer(buffer), pretty: pretty,
            redactsSecrets: redactsSecrets, limits: limits)
    }
}

/// A message of the subset from JSON, in the standard proto3 form: the inverse of
/// ``protobufJSON(typeURL:bytes:pretty:redactsSecrets:limits:)``.
///
/// Names may be `lowerCamelCase` or as the proto file has them, enums named or numbered, 64-bit
/// integers strings or numbers. An `Any` has its `@type` and the fields of its contents beside it;
/// one of a type outside the subset has its bytes in base64 as `value`.
///
/// Source: protobuf "ProtoJSON Format".
///
/// - Parameter typeURL: The message's type URL, or its full name.
/// - Parameter json: The message.
/// - Returns: The message in wire format.
/// - Throws: ``XDSError``: `.unknownType` when the message is not of the subset, else the first thing
///   that is wrong, with its field path.
///
/// Complexity: O(size).
public func protobufMessage(typeURL: String, json: JSONValue) throws(XDSError) -> [UInt8] {
    guard let descriptor = DescriptorTable.descriptor(ofTypeURL: typeURL) else {
        throw XDSError(.unknownType, "\(typeURL) is not a message of the subset")
    }
    var builder = MessageBuilder(arena: Arena())
    let message = builder.packed(json, descriptor)
    if let problem = builder.problems.first {
        throw problem.of(String(cString: descriptor.pointee.name))
    }
    return withExtendedLifetime(builder) { message.map { [UInt8]($0) } ?? [] }
}

/// A message of the subset from a JSON text.
///
/// - Throws: ``XDSError``: `.unknownType` when the message is not of the subset, else the first thing
///   that is wrong, with its field path, or with line and column where it is not JSON.
public func protobufMessage(
    typeURL: String, json: [UInt8], limits: DecodingLimits = .standard
) throws(XDSError) -> [UInt8] {
    try protobufMessage(typeURL: typeURL, json: JSONValue(parsing: json, limits: limits))
}

extension WireMessage {
    /// Reads the message from JSON in the standard proto3 form.
    ///
    /// - Throws: ``XDSError`` with the first thing that is wrong.
    public init(json: String) throws(XDSError) {
        try self.init(decoding: protobufMessage(typeURL: Self.typeURL, json: Array(json.utf8)))
    }

    /// The message as JSON in the standard proto3 form.
    ///
    /// - Parameter pretty: One field a line, indented by two spaces.
    /// - Parameter redactsSecrets: False prints secrets as they are.
    /// - Throws: ``XDSError`` when an `Any` inside holds bytes that are not of its type.
    public func json(
        pretty: Bool = false, redactsSecrets: Bool = true
    ) throws(XDSError) -> String {
        try protobufJSON(
            typeURL: Self.typeURL, bytes: encoded(), pretty: pretty, redactsSecrets: redactsSecrets)
    }
}

extension EncodedResource {
    /// The resource as JSON in the standard proto3 form.
    ///
    /// - Parameter pretty: One field a line, indented by two spaces.
    /// - Parameter redactsSecrets: False prints secrets as they are.
    /// - Throws: ``XDSError`` when the message is not of its type.
    public func json(
        pretty: Bool = false, redactsSecrets: Bool = true
    ) throws(XDSError) -> String {
        try withMessage { (bytes) throws(XDSError) in
            try protobufJSON(
                typeURL: type.rawValue, bytes: bytes, pretty: pretty, redactsSecrets: redactsSecrets
            )
        }
    }
}
