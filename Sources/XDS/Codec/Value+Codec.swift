internal import CEnvoyAPI

extension Value: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Value>) {
        google__protobuf__value__init(message)
    }

    init(_ message: Google__Protobuf__Value, in arena: Arena) throws(XDSError) {
        switch message.kind_case {
        case GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE: self = .null
        case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE: self = .number(message.number_value)
        case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
            self = .string(String(message.string_value))
        case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE: self = .bool(message.bool_value != 0)
        case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
            self = .object(try arena.readRequired(message.struct_value, "struct_value"))
        case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
            guard let list = message.list_value?.pointee else { throw .unknownCase(of: "kind") }
            self = .list(try arena.read(list.values, count: list.n_values, "list_value"))
        default: throw .unknownCase(of: "kind")
        }
    }

    func fill(_ message: inout Google__Protobuf__Value, in arena: Arena) {
        switch self {
        case .null:
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE
            message.null_value = GOOGLE__PROTOBUF__NULL_VALUE__NULL_VALUE
        case .number(let number):
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE
            message.number_value = number
        case .string(let string):
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE
            message.string_value = arena.text(string)
        case .bool(let bool):
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE
            message.bool_value = bool ? 1 : 0
        case .object(let fields):
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE
            message.struct_value = fields.make(in: arena)
        case .list(let values):
            message.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE
            message.list_value = arena.cMessage(google__protobuf__list_value__init) {
                $0.n_values = values.count
                $0.values = arena.messages(values)
            }
        }
    }
}

/// `google.protobuf.Struct`.
extension [String: Value]: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Struct>) {
        google__protobuf__struct__init(message)
    }

    init(_ message: Google__Protobuf__Struct, in arena: Arena) throws(XDSError) {
        self.init()
        for index in 0..<message.n_fields {
            guard let entry = message.fields[index]?.pointee else { continue }
            let key = String(entry.key)
            self[key] = try arena.readRequired(entry.value, "fields[\"\(key)\"]")
        }
    }

    func fill(_ message: inout Google__Protobuf__Struct, in arena: Arena) {
        message.n_fields = count
        message.fields = arena.entries(self, google__protobuf__struct__fields_entry__init) {
            $0.key = $1
            $0.value = $2.make(in: arena)
        }
    }
}

extension Arena {
    /// A map's entries in the order of their keys' bytes: a map has none of its own, and versions
    /// are hashes of the encoded bytes.
    func entries<Entry, Mapped>(
        _ map: [String: Mapped], _ initialize: (UnsafeMutablePointer<Entry>?) -> Void,
        fill: (inout Entry, CText, Mapped) -> Void
    ) -> CList<Entry>? {
        list(map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { key, value in
            cMessage(initialize) { fill(&$0, text(key), value) }
        }
    }
}

extension Metadata: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__Metadata>) {
        envoy__config__core__v3__metadata__init(message)
    }

    init(_ message: Envoy__Config__Core__V3__Metadata, in arena: Arena) throws(XDSError) {
        self.init()
        for index in 0..<message.n_filter_metadata {
            guard let entry = message.filter_metadata[index]?.pointee else { continue }
            let key = String(entry.key)
            filterMetadata[key] = try arena.read(entry.value, "filter_metadata[\"\(key)\"]") ?? [:]
        }
    }

    func fill(_ message: inout Envoy__Config__Core__V3__Metadata, in arena: Arena) {
        message.n_filter_metadata = filterMetadata.count
        message.filter_metadata = arena.entries(
            filterMetadata, envoy__config__core__v3__metadata__filter_metadata_entry__init
        ) {
            $0.key = $1
            $0.value = $2.make(in: arena)
        }
    }
}

extension AnyMessage: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Any>) {
        google__protobuf__any__init(message)
    }

    init(_ message: Google__Protobuf__Any, in arena: Arena) throws(XDSError) {
        self.init(typeURL: String(message.type_url), value: [UInt8](message.value))
    }

    func fill(_ message: inout Google__Protobuf__Any, in arena: Arena) {
        message.type_url = arena.text(typeURL)
        message.value = arena.data(value)
    }
}

/// `google.protobuf.Duration`: whole nanoseconds, at most 10,000 years either way.
extension Duration: CRepresentable {
    private static let limit: Int64 = 315_576_000_000

    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Duration>) {
        google__protobuf__duration__init(message)
    }

    init(_ message: Google__Protobuf__Duration, in arena: Arena) throws(XDSError) {
        let (seconds, nanos) = (message.seconds, Int64(message.nanos))
        guard abs(nanos) < 1_000_000_000, (-Self.limit...Self.limit).contains(seconds),
            nanos == 0 || seconds == 0 || (nanos < 0) == (seconds < 0)
        else { throw XDSError(.invalid, "\(seconds) s and \(nanos) ns are no duration") }
        self.init(secondsComponent: seconds, attosecondsComponent: nanos * 1_000_000_000)
    }

    func fill(_ message: inout Google__Protobuf__Duration, in arena: Arena) {
        let (seconds, attoseconds) = components
        message.seconds = min(max(seconds, -Self.limit), Self.limit)
        message.nanos = message.seconds == seconds ? Int32(attoseconds / 1_000_000_000) : 0
    }
}
