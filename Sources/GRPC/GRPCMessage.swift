import CGRPC
import Synchronization

// Sendable without the compiler's proof: the slices are never changed after `init`, and the core
// counts their references atomically.
/// An immutable message. Many calls can send one message at once, and none of them copies it.
///
/// The bytes lie in one or more segments; a received message has one.
public final class GRPCMessage: @unchecked Sendable {
    // Sendable without the compiler's proof: nobody writes the bytes while the owner lives, which
    // is what the caller promises.
    /// Bytes owned elsewhere, or a copy.
    public struct Segment: @unchecked Sendable {
        let pointer: UnsafeRawBufferPointer
        let owner: any AnyObject & Sendable

        /// Bytes that are not copied.
        ///
        /// - Parameters:
        ///   - pointer: the bytes; valid and unchanged while `owner` lives.
        ///   - owner: kept alive until the last send of the last message with this segment is done.
        public init(pointer: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
            self.pointer = pointer
            self.owner = owner
        }

        /// A copy of the bytes.
        public init(copying bytes: [UInt8]) {
            let copy = SegmentStorage(bytes)
            self.init(pointer: UnsafeRawBufferPointer(copy.bytes), owner: copy)
        }
    }

    /// The number of bytes.
    public let count: Int

    // Nearly all messages have one slice; an empty array costs no allocation.
    private let first: grpc_slice
    private let rest: [grpc_slice]

    /// A message of one segment that takes over the caller's reference to the slice.
    init(adopting slice: grpc_slice) {
        first = slice
        rest = []
        count = sliceLength(slice)
        LiveObjects.messages.add(1, ordering: .relaxed)
    }

    /// A message with a copy of the bytes.
    public convenience init(copying bytes: some Collection<UInt8>) {
        self.init(capacity: bytes.count) { target in
            target.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// A message written in place.
    ///
    /// - Parameters:
    ///   - capacity: room for the bytes.
    ///   - body: writes the bytes from the start of the buffer and returns how many they are, at
    ///     most `capacity`.
    /// - Throws: what `body` throws.
    public convenience init(
        capacity: Int, initializingWith body: (UnsafeMutableRawBufferPointer) throws -> Int
    ) rethrows {
        var slice = grpc_slice_malloc_large(capacity)
        let target = UnsafeMutableRawBufferPointer(
            start: slice.data.refcounted.bytes, count: capacity)
        do {
            let written = try body(target)
            precondition(written <= capacity, "\(written) bytes written into \(capacity)")
            cgrpc_slice_set_length(&slice, written)
        } catch {
            grpc_slice_unref(slice)
            throw error
        }
        self.init(adopting: slice)
    }

    /// A message of segments, one after the other. Their bytes are not copied.
    public init(segments: [Segment]) {
        let slices = segments.filter { !$0.pointer.isEmpty }.map(Self.slice)
        first = slices.first ?? grpc_empty_slice()
        rest = Array(slices.dropFirst())
        count = segments.reduce(0) { $0 + $1.pointer.count }
        LiveObjects.messages.add(1, ordering: .relaxed)
    }

    deinit {
        grpc_slice_unref(first)
        for slice in rest { grpc_slice_unref(slice) }
        LiveObjects.messages.subtract(1, ordering: .relaxed)
    }

    /// Calls `body` with all bytes in one piece, valid during the call only.
    ///
    /// - Complexity: O(1) for one segment, as every received message has; O(n) for more, which are
    ///   copied together.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if rest.isEmpty { return try Self.withBytes(of: first, body) }
        var whole: [UInt8] = []
        whole.reserveCapacity(count)
        Self.withBytes(of: first) { whole.append(contentsOf: $0) }
        for slice in rest { Self.withBytes(of: slice) { whole.append(contentsOf: $0) } }
        return try whole.withUnsafeBytes(body)
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// A buffer for one send, with references of its own to the slices.
    func makeByteBuffer() -> UnsafeMutablePointer<grpc_byte_buffer>? {
        if rest.isEmpty {
            var slice = first
            return grpc_raw_byte_buffer_create(&slice, 1)
        }
        var slices = [first] + rest
        return grpc_raw_byte_buffer_create(&slices, slices.count)
    }

    private static func withBytes<R>(
        of slice: grpc_slice, _ body: (UnsafeRawBufferPointer) throws -> R
    ) rethrows -> R {
        try withUnsafePointer(to: slice) { slice in
            try body(
                UnsafeRawBufferPointer(
                    start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice)))
        }
    }

    /// A slice that retains the segment's owner until its last reference is gone.
    private static func slice(_ segment: Segment) -> grpc_slice {
        let bytes = UnsafeMutableRawPointer(mutating: segment.pointer.baseAddress)
        let owner = Unmanaged<AnyObject>.passRetained(segment.owner as AnyObject)
        return grpc_slice_new_with_user_data(
            bytes, segment.pointer.count,
            { owner in
                if let owner { Unmanaged<AnyObject>.fromOpaque(owner).release() }
            }, owner.toOpaque())
    }
}

private func sliceLength(_ slice: grpc_slice) -> Int {
    withUnsafePointer(to: slice) { cgrpc_slice_length($0) }
}

// Sendable without the compiler's proof: the bytes are written in `init` only.
/// The bytes of a copied segment.
private final class SegmentStorage: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ source: [UInt8]) {
        bytes = .allocate(byteCount: source.count, alignment: 1)
        bytes.copyBytes(from: source)
    }

    deinit { bytes.deallocate() }
}
