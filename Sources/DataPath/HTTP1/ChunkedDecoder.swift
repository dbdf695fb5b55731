import Glibc

/// Checks a chunked body (RFC 9112 §7.1) as it passes through, without taking it apart: the
/// bytes that are verified can be forwarded as they are.
///
/// Extensions and trailers are taken out of the buffer in place (RFC 9112 §7.1.1 and §7.1.2 let
/// an intermediary do so). For a peer that knows no chunks, the framing is taken out as well.
///
///     size → data → dataEnd → size → … → trailers → finished
struct ChunkedDecoder: Equatable {
    private enum State: Equatable {
        /// At a line with a chunk's size.
        case size
        /// In a chunk's data, with so many bytes to come.
        case data(UInt64)
        /// At the line end after a chunk's data.
        case dataEnd
        /// At a line of the trailer section.
        case trailers(bytes: Int)
        /// After the last byte.
        case finished
    }

    /// What a look at the buffer found.
    struct Scan: Equatable {
        /// How many bytes from the start are verified.
        var ready = 0
        /// How many bytes were taken out; what follows moved up by as many.
        var removed = 0
        /// The body is malformed after the verified bytes.
        var malformation: Malformation?
    }

    private var state = State.size
    private let removesFraming: Bool

    /// The longest line with a size, its extension included.
    private static let longestLine = 4096
    /// The largest trailer section.
    private static let largestTrailers = 16 * 1024

    init(removesFraming: Bool = false) {
        self.removesFraming = removesFraming
    }

    /// The body has ended.
    var isFinished: Bool { state == .finished }

    /// Verifies what the buffer holds. What is verified must not be shown again; what follows it
    /// must, with more bytes behind it.
    ///
    /// - Parameter trailers: Where the trailers go that mean nothing to the proxy; nil has no use
    ///   for them.
    /// - Complexity: O(bytes) for framing only; data is skipped. O(bytes) more for each extension
    ///   and trailer.
    mutating func scan(
        _ buffer: UnsafeMutableRawBufferPointer, trailers: HeaderList? = nil
    ) -> Scan {
        var scan = Scan()
        guard let base = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return scan
        }
        while scan.malformation == nil {
            let available = buffer.count - scan.removed - scan.ready
            let bytes = base + scan.ready
            switch state {
            case .data(let left):
                let taken = min(left, UInt64(available))
                scan.ready += Int(taken)
                state = left == taken ? .dataEnd : .data(left - taken)
                if left != taken { return scan }
            case .dataEnd:
                if available > 0 && bytes[0] != 0x0D || available > 1 && bytes[1] != 0x0A {
                    scan.malformation = .chunkEnd
                    return scan
                }
                guard available > 1 else { return scan }
                pass(bytes, keeping: 0, of: 2, available, &scan)
                state = .size
            case .size:
                guard takeSize(bytes, available, &scan) else { return scan }
            case .trailers(let seen):
                guard takeTrailer(bytes, available, seen, trailers, &scan) else { return scan }
            case .finished: return scan
            }
        }
        return scan
    }

    /// Keeps the first bytes of a line and drops the rest of it; framing is dropped whole when
    /// it is not wanted. `keeping` 0 stands for the whole line.
    private func pass(
        _ bytes: UnsafeMutablePointer<UInt8>, keeping: Int, of count: Int, _ available: Int,
        _ scan: inout Scan
    ) {
        let kept = removesFraming ? 0 : keeping == 0 ? count : keeping
        if kept < count {
            memmove(bytes + kept, bytes + count, available - count)
            scan.removed += count - kept
        }
        scan.ready += kept
    }

    /// Takes `SIZE [; extension] CRLF`; false when it is not all there, or malformed.
    private mutating func takeSize(
        _ bytes: UnsafeMutablePointer<UInt8>, _ available: Int, _ scan: inout Scan
    ) -> Bool {
        var size: UInt64 = 0
        var digits = 0
        while digits < available, let digit = Self.hexadecimal(bytes[digits]) {
            size = size << 4 | UInt64(digit)
            digits += 1
            if digits > 8 { break }
        }
        guard digits < available || digits > 8 else { return false }
        guard digits > 0, digits <= 8 else {
            scan.malformation = .chunkSize
            return false
        }
        guard let end = Self.extensionEnd(bytes, digits, available, &scan) else { return false }
        if end > digits {
            // The extension goes, the line end stays.
            memmove(bytes + digits, bytes + end, available - end)
            scan.removed += end - digits
        }
        let left = available - (end - digits)
        pass(bytes, keeping: 0, of: digits + 2, left, &scan)
        state = size == 0 ? .trailers(bytes: 0) : .data(size)
        return true
    }

    /// Where the line end after a size and its extension is; nil when it is not all there, or
    /// malformed.
    private static func extensionEnd(
        _ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ available: Int, _ scan: inout Scan
    ) -> Int? {
        var end = start
        if bytes[end] != 0x0D {
            // RFC 9112 §7.1.1: white space before the semicolon is allowed, and nothing else.
            while end < available, bytes[end] == 0x20 || bytes[end] == 0x09 { end += 1 }
            if end < available, bytes[end] != UInt8(ascii: ";") {
                scan.malformation = .chunkSize
                return nil
            }
            while end < available, bytes[end] != 0x0D {
                if bytes[end] < 0x20 && bytes[end] != 0x09 || bytes[end] == 0x7F
                    || end > longestLine
                {
                    scan.malformation = .chunkExtension
                    return nil
                }
                end += 1
            }
        }
        guard end + 1 < available else { return nil }
        guard bytes[end + 1] == 0x0A else {
            scan.malformation = .chunkExtension
            return nil
        }
        return end
    }

    /// Takes a line of the trailer section out, or its empty line; false when it is not all
    /// there, or malformed.
    private mutating func takeTrailer(
        _ bytes: UnsafeMutablePointer<UInt8>, _ available: Int, _ seen: Int,
        _ trailers: HeaderList?, _ scan: inout Scan
    ) -> Bool {
        var end = 0
        var hasColon = false
        var nameEnd = 0
        while end < available, bytes[end] != 0x0D {
            let byte = bytes[end]
            let isWrong: Bool
            if hasColon {
                isWrong = byte < 0x20 && byte != 0x09 || byte == 0x7F
            } else if byte == UInt8(ascii: ":") {
                hasColon = true
                nameEnd = end
                isWrong = end == 0
            } else {
                isWrong = !byte.isTokenCharacter
            }
            if isWrong || seen + end > Self.largestTrailers {
                scan.malformation = .trailer
                return false
            }
            end += 1
        }
        guard end < available else { return false }
        if end > 0 && !hasColon || end + 1 < available && bytes[end + 1] != 0x0A {
            scan.malformation = .trailer
            return false
        }
        guard end + 1 < available else { return false }
        if end == 0 {
            pass(bytes, keeping: 0, of: 2, available, &scan)
            state = .finished
        } else {
            if let trailers { Self.keep(bytes, nameEnd, end, trailers) }
            memmove(bytes, bytes + end + 2, available - end - 2)
            scan.removed += end + 2
            state = .trailers(bytes: seen + end + 2)
        }
        return true
    }

    /// Keeps a trailer, unless it is one that RFC 9110 §6.5.1 has no place for there.
    private static func keep(
        _ line: UnsafeMutablePointer<UInt8>, _ nameEnd: Int, _ end: Int, _ trailers: HeaderList
    ) {
        guard nameEnd < 65_536, HeaderKind.of(line, nameEnd) == .other else { return }
        let bytes = UnsafeRawBufferPointer(start: line, count: end)
        trailers.append(
            UnsafeRawBufferPointer(rebasing: bytes[..<nameEnd]),
            UnsafeRawBufferPointer(rebasing: bytes[(nameEnd + 1)...]).trimmed)
    }

    @inline(__always)
    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        if digit < 10 { return digit }
        let letter = byte.lowercased &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
}
