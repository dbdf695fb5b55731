import CGRPC

/// The metadata of a call: pairs in order, a key as often as one likes.
///
/// Keys are lower-case (upper-case letters are lowered). A key that ends in `-bin` has bytes for
/// its value, every other printable ASCII text.
public struct GRPCMetadata: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One pair.
    public struct Element: Hashable, Sendable {
        /// The key, lower-case.
        public let key: String
        /// The value as bytes; the UTF-8 of a text.
        public let bytes: [UInt8]

        /// The value as text.
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private var elements: [Element] = []

    /// No pair at all.
    public init() {}

    /// Text pairs.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (key, value) in elements { add(key, value) }
    }

    /// The first text of a key; setting replaces every pair of the key, nil removes them.
    public subscript(key: String) -> String? {
        get { elements.first { $0.key == key.lowercased() }?.text }
        set {
            elements.removeAll { $0.key == key.lowercased() }
            if let newValue { add(key, newValue) }
        }
    }

    /// Every text of a key, in order.
    public func texts(_ key: String) -> [String] {
        elements.filter { $0.key == key.lowercased() }.map(\.text)
    }

    /// The first value of a key as bytes, for `-bin` keys.
    public func bytes(_ key: String) -> [UInt8]? {
        elements.first { $0.key == key.lowercased() }?.bytes
    }

    /// Adds a text after the pairs there are.
    public mutating func add(_ key: String, _ text: String) {
        add(key, bytes: Array(text.utf8))
    }

    /// Adds bytes under a `-bin` key.
    public mutating func add(_ key: String, bytes: [UInt8]) {
        elements.append(Element(key: key.lowercased(), bytes: bytes))
    }
}

extension GRPCMetadata: RandomAccessCollection {
    /// The first position.
    public var startIndex: Int { 0 }
    /// The position after the last pair.
    public var endIndex: Int { elements.count }
    /// The pair at a position.
    public subscript(position: Int) -> Element { elements[position] }
}

extension GRPCMetadata {
    /// The pairs the core has received.
    init(_ array: grpc_metadata_array) {
        elements.reserveCapacity(array.count)
        for index in 0..<array.count {
            let pair = array.metadata[index]
            elements.append(Element(key: String(slice: pair.key), bytes: Array(slice: pair.value)))
        }
    }

    /// Copies the pairs into an array to send, which stays empty if one of them is refused.
    ///
    /// - Throws: `invalidArgument` with the key that the protocol does not allow, or whose value it
    ///   does not allow.
    func copy(to array: inout grpc_metadata_array) throws {
        for element in elements {
            var key = element.key
            let added = key.withUTF8 { key in
                element.bytes.withUnsafeBufferPointer { value in
                    cgrpc_metadata_add(
                        &array, key.baseAddress, key.count, value.baseAddress, value.count)
                }
            }
            if !added {
                cgrpc_metadata_clear(&array)
                throw GRPCStatus(
                    .invalidArgument,
                    "metadata '\(element.key)': a key is lower-case letters, digits, '-', '_' and "
                        + "'.', a text is printable ASCII; other values need a key with '-bin'")
            }
        }
    }
}

extension Array where Element == UInt8 {
    /// A copy of a slice.
    init(slice: grpc_slice) {
        self = withUnsafePointer(to: slice) { slice in
            Array(
                UnsafeBufferPointer(
                    start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice)))
        }
    }
}

extension String {
    /// A copy of a slice, read as UTF-8.
    init(slice: grpc_slice) {
        self = withUnsafePointer(to: slice) { slice in
            String(
                decoding: UnsafeBufferPointer(
                    start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice)),
                as: UTF8.self)
        }
    }
}
