internal import CEnvoyAPI

// Fields of C structs: what encoding writes and what decoding reads.

typealias CText = UnsafeMutablePointer<CChar>
typealias CList<Element> = UnsafeMutablePointer<UnsafeMutablePointer<Element>?>

extension Arena {
    /// A C string; U+0000 becomes U+FFFD, since the C string would end there.
    func text(_ string: String) -> CText {
        if string.utf8.contains(0) {
            let replaced = string.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }
            var clean = String.UnicodeScalarView()
            clean.append(contentsOf: replaced)
            return text(String(clean))
        }
        var string = string
        return string.withUTF8 { utf8 in
            let copy = allocate(CChar.self, count: utf8.count + 1)
            for (index, byte) in utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[utf8.count] = 0
            return copy
        }
    }

    /// A list of pointers; nil when empty.
    func list<Values: Collection, Pointee>(
        _ values: Values, make: (Values.Element) -> UnsafeMutablePointer<Pointee>
    ) -> CList<Pointee>? {
        guard !values.isEmpty else { return nil }
        let list = allocate(UnsafeMutablePointer<Pointee>?.self, count: values.count)
        for (index, value) in values.enumerated() { (list + index).initialize(to: make(value)) }
        return list
    }

    /// A list of numbers or other plain values; nil when empty.
    func values<Element, CValue>(
        _ elements: [Element], make: (Element) -> CValue
    ) -> UnsafeMutablePointer<CValue>? {
        guard !elements.isEmpty else { return nil }
        let list = allocate(CValue.self, count: elements.count)
        for (index, element) in elements.enumerated() {
            (list + index).initialize(to: make(element))
        }
        return list
    }

    /// A list of C strings; nil when empty.
    func texts(_ strings: [String]) -> CList<CChar>? { list(strings) { text($0) } }

    /// A list of messages; nil when empty.
    func messages<Value: CRepresentable>(_ values: [Value]) -> CList<Value.CMessage>? {
        list(values) { $0.make(in: self) }
    }

    /// A copy of bytes.
    func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let copy = allocate(UInt8.self, count: bytes.count)
        copy.update(from: bytes, count: bytes.count)
        return ProtobufCBinaryData(len: bytes.count, data: copy)
    }

    /// A struct of protobuf-c's, initialised by its `…__init` and then filled.
    func cMessage<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void, fill: (inout Message) -> Void
    ) -> UnsafeMutablePointer<Message> {
        let message = allocate(Message.self, count: 1)
        initialize(message)
        fill(&message.pointee)
        return message
    }

    /// `google.protobuf.BoolValue`; nil stays nil.
    func wrapped(_ value: Bool?) -> UnsafeMutablePointer<Google__Protobuf__BoolValue>? {
        guard let value else { return nil }
        return cMessage(google__protobuf__bool_value__init) { $0.value = value ? 1 : 0 }
    }

    /// `google.protobuf.UInt32Value`.
    func wrapped(_ value: UInt32) -> UnsafeMutablePointer<Google__Protobuf__UInt32Value> {
        cMessage(google__protobuf__uint32_value__init) { $0.value = value }
    }

    /// Reads a repeated message field.
    func read<Value: CRepresentable>(
        _ list: CList<Value.CMessage>?, count: Int, _ field: String
    ) throws(XDSError) -> [Value] {
        guard let list, count > 0 else { return [] }
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            guard let message = list[index] else { continue }
            do throws(XDSError) {
                values.append(try Value(message.pointee, in: self))
            } catch {
                throw error.inside(field, index)
            }
        }
        return values
    }

    /// Reads a message field; nil when it is not set.
    func read<Value: CRepresentable>(
        _ message: UnsafeMutablePointer<Value.CMessage>?, _ field: String,
        as type: Value.Type = Value.self
    ) throws(XDSError) -> Value? {
        guard let message else { return nil }
        do throws(XDSError) {
            return try Value(message.pointee, in: self)
        } catch {
            throw error.inside(field)
        }
    }

    /// Reads a message field that must be set.
    func readRequired<Value: CRepresentable>(
        _ message: UnsafeMutablePointer<Value.CMessage>?, _ field: String,
        as type: Value.Type = Value.self
    ) throws(XDSError) -> Value {
        guard let value = try read(message, field, as: type) else {
            throw XDSError(.invalid, "the field is required; set it", at: field)
        }
        return value
    }
}

extension String {
    /// The text of a C string; nil is empty.
    init(_ text: UnsafePointer<CChar>?) {
        if let text { self.init(cString: text) } else { self.init() }
    }

    /// The text of a C string; nil is empty.
    init(_ text: CText?) { self.init(UnsafePointer(text)) }
}

extension [String] {
    /// The texts of a list of C strings.
    init(_ list: CList<CChar>?, count: Int) {
        guard let list, count > 0 else {
            self.init()
            return
        }
        self = (0..<count).map { String(list[$0]) }
    }
}

extension [UInt8] {
    /// A copy of the bytes.
    init(_ data: ProtobufCBinaryData) { self.init(UnsafeRawBufferPointer(data)) }
}

extension UnsafeRawBufferPointer {
    /// The bytes where they are.
    init(_ data: ProtobufCBinaryData) { self.init(start: data.data, count: data.len) }
}

extension XDSError {
    /// A field that this module does not know and must not skip.
    static func unsupported(_ field: String) -> XDSError {
        XDSError(
            .unsupported,
            "this field is not supported, and skipping it would misread the resource; unset it",
            at: field)
    }

    /// A oneof without a case that this module knows.
    static func unknownCase(of oneof: String) -> XDSError {
        XDSError(.unsupported, "not set, or set to a kind that is not supported", at: oneof)
    }

    /// An enum value that this module does not know.
    static func unknownValue(_ value: some BinaryInteger, of field: String) -> XDSError {
        XDSError(.unsupported, "the value \(value) is not supported", at: field)
    }
}
