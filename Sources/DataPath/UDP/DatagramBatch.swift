import CLinuxIO

/// Room for the datagrams that one call takes; one for a worker.
///
/// Confined to its worker.
final class DatagramBatch {
    /// The datagrams; only as many as were received last mean something.
    let datagrams: UnsafeMutablePointer<linux_datagram>
    private let memory: UnsafeMutableRawPointer

    private static let capacity = Int(LINUX_MOST_DATAGRAMS)
    /// No datagram is larger.
    private static let size = 65_535

    init() {
        memory = .allocate(byteCount: Self.capacity * Self.size, alignment: 8)
        datagrams = .allocate(capacity: Self.capacity)
        for index in 0..<Self.capacity {
            var datagram = linux_datagram()
            datagram.bytes = (memory + index * Self.size).assumingMemoryBound(to: UInt8.self)
            (datagrams + index).initialize(to: datagram)
        }
    }

    deinit {
        datagrams.deallocate()
        memory.deallocate()
    }

    /// Takes what there is, as much as there is room for.
    ///
    /// - Returns: How many datagrams, or a negative errno.
    func receive(_ fd: Int32) -> Int {
        Int(linux_receive_datagrams(fd, datagrams, Int32(Self.capacity), Self.size))
    }

    /// Whether all room was used, so that there may be more.
    func isFull(_ count: Int) -> Bool { count == Self.capacity }
}
