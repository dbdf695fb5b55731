import CLinuxIO
import COpenSSL
import Glibc

/// A stream socket with what was read and what waits to be written.
///
/// Registered once, edge-triggered for both directions: readiness is remembered here, and no
/// system call tells what an event told already. Confined to its worker.
class Connection: EventSource {
    /// What an attempt to read gave.
    enum Fill {
        /// There are more bytes.
        case bytes
        /// There are none at the moment.
        case nothing
        /// There is no room; what is there must be used first.
        case full
        /// The peer sends no more.
        case ended
        /// The connection is broken.
        case failed
    }

    /// Both ends; a connection's life is within its worker's.
    unowned(unsafe) final let worker: Worker
    /// What was read and is not used yet.
    @exclusivity(unchecked) final var input = Buffer()
    /// What waits to be written.
    @exclusivity(unchecked) final var output = Buffer()
    /// There may be bytes to read.
    @exclusivity(unchecked) final var isReadable = false
    /// The peer sends no more, and all it sent was read.
    @exclusivity(unchecked) final var sawEnd = false
    /// A write failed; nothing can be written any more.
    @exclusivity(unchecked) final var writeFailed = false
    /// The end of a tunnel's other side was told to the peer.
    final var endWasTold = false
    /// The peer was seen to close its side, so the end follows what is left to read.
    @exclusivity(unchecked) private final var peerCloses = false

    private static let copiedAtMost = 2048

    /// TLS over the socket; nil for plain text.
    @exclusivity(unchecked) final var tls: TLSStream?
    /// The connection broke while it was read.
    final var isBroken = false
    /// The peer went away in TLS without a word, so what it sent may be cut short.
    final var endIsUnclear = false
    /// The end is to be told to the peer when the socket takes it.
    private final var owesEnd = false

    /// The bytes are encrypted on their way.
    final var isSecure: Bool { tls != nil }

    /// What a connection is registered for.
    static let interest = LINUX_READABLE | LINUX_WRITABLE | LINUX_PEER_CLOSED | LINUX_EDGE

    init(fd: Int32, worker: Worker) {
        self.worker = worker
        super.init(fd: fd)
    }

    /// Remembers what became ready.
    @inline(__always)
    final func note(_ ready: UInt32) {
        if ready & (LINUX_READABLE | LINUX_PEER_CLOSED | LINUX_HUNG_UP | LINUX_FAILED) != 0 {
            isReadable = true
            if ready & ~(LINUX_READABLE | LINUX_WRITABLE) != 0 { peerCloses = true }
        }
        if let tls { note(ready, tls) }
    }

    private final func note(_ ready: UInt32, _ tls: TLSStream) {
        if isReadable { tls.isReadable(peerCloses: peerCloses) }
        if ready & LINUX_WRITABLE != 0 {
            // What TLS had to write before it could read on may go out now.
            isReadable = true
            if owesEnd { endWriting() }
        }
    }

    /// Reads once.
    final func fill() -> Fill {
        worker.buffers.provide(&input)
        if input.capacity == input.end { input.compact() }
        let room = input.room
        guard room.count > 0, let target = room.baseAddress else { return .full }
        if let tls { return fill(room, tls) }
        while true {
            let count = linux_receive(fd, target, room.count)
            if count > 0 {
                input.added(count)
                // A short read empties the socket; what comes later brings a new event.
                if count < room.count && !peerCloses { isReadable = false }
                return .bytes
            }
            if count == 0 {
                isReadable = false
                sawEnd = true
                return .ended
            }
            if count == -Int(EAGAIN) {
                isReadable = false
                return .nothing
            }
            if count != -Int(EINTR) {
                isReadable = false
                return .failed
            }
        }
    }

    /// Writes the output and then the bytes behind it, as much as the socket takes.
    ///
    /// - Returns: How many bytes were written in all; what was written of the output is advanced
    ///   over. nil when the connection is broken.
    final func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        if let tls { return send(bytes, tls) }
        let pending = output.bytes
        let count: Int
        if bytes.isEmpty {
            count = linux_send(fd, pending.baseAddress, pending.count)
        } else if pending.isEmpty {
            count = linux_send(fd, bytes.baseAddress, bytes.count)
        } else if bytes.count <= Self.copiedAtMost, bytes.count <= output.room.count,
            let target = output.room.baseAddress, let source = bytes.baseAddress
        {
            // Copying a little is cheaper than having the kernel gather. The copy is not added:
            // what is not sent stays where it came from.
            memcpy(target, source, bytes.count)
            count = linux_send(fd, pending.baseAddress, pending.count + bytes.count)
        } else {
            count = linux_send_pair(
                fd, pending.baseAddress, pending.count, bytes.baseAddress, bytes.count)
        }
        if count < 0 {
            if count == -Int(EAGAIN) || count == -Int(EINTR) { return 0 }
            writeFailed = true
            return nil
        }
        output.advance(min(count, pending.count))
        return count
    }

    private final func fill(_ room: UnsafeMutableRawBufferPointer, _ tls: TLSStream) -> Fill {
        let count = tls.read(room)
        switch count {
        case 1...:
            // There may be more in the socket, or decrypted already.
            input.added(count)
            return .bytes
        case Int(TLS_WAITS):
            isReadable = false
            return .nothing
        case Int(TLS_ENDED), Int(TLS_CUT):
            isReadable = false
            sawEnd = true
            endIsUnclear = count == Int(TLS_CUT)
            return .ended
        default:
            isReadable = false
            return .failed
        }
    }

    private final func send(_ bytes: UnsafeRawBufferPointer, _ tls: TLSStream) -> Int? {
        let pending = UnsafeRawBufferPointer(output.bytes)
        guard let count = tls.write(pending, bytes, scratch: worker.tlsScratch) else {
            writeFailed = true
            return nil
        }
        output.advance(min(count, pending.count))
        return count
    }

    /// Tells the peer that nothing more comes; all was sent.
    final func endWriting() {
        if let tls {
            owesEnd = !tls.end()
            if owesEnd { return }
        }
        _ = linux_shutdown_writing(fd)
    }

    /// Closes the socket between two exchanges: in TLS the peer is told, so that it does not take
    /// it for a cut.
    final func releaseIdle() {
        if let tls { _ = tls.end() }
        release()
    }

    /// Closes the socket and gives the memory back.
    final func release() {
        tls = nil
        worker.buffers.release(&input)
        worker.buffers.release(&output)
        worker.loop.close(self)
    }
}
