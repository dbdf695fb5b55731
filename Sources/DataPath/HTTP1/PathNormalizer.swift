/// Brings a path into its normal form before it is matched and forwarded, so that routing and
/// the upstream mean the same resource.
enum PathNormalizer {
    /// Whether normalising could change the path.
    static func isNeeded(
        _ path: UnsafeRawBufferPointer, normalizes: Bool, mergesSlashes: Bool
    ) -> Bool {
        var previous: UInt8 = 0
        for byte in path {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "\\"): if normalizes { return true }
            case UInt8(ascii: "."): if normalizes && previous == UInt8(ascii: "/") { return true }
            case UInt8(ascii: "/"):
                if mergesSlashes && previous == UInt8(ascii: "/") { return true }
            default: break
            }
            previous = byte
        }
        return false
    }

    /// Writes the normal form and returns its length, never more than the path's.
    ///
    /// - Parameters:
    ///   - normalizes: Percent-encoded unreserved characters are decoded, dot segments are
    ///     removed (RFC 3986 §6.2.2.2 and §5.2.4), and a backslash counts as a slash.
    ///   - mergesSlashes: Adjacent slashes become one.
    ///   - output: As long as the path at least.
    static func normalize(
        _ path: UnsafeRawBufferPointer, normalizes: Bool, mergesSlashes: Bool,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        var count = 0
        var index = 0
        while index < path.count {
            var byte = path[index]
            index += 1
            if normalizes {
                if byte == UInt8(ascii: "\\") { byte = UInt8(ascii: "/") }
                if byte == UInt8(ascii: "%"), let decoded = unreserved(path, index) {
                    byte = decoded
                    index += 2
                }
            }
            if mergesSlashes && byte == UInt8(ascii: "/") && count > 0
                && output[count - 1] == UInt8(ascii: "/")
            {
                continue
            }
            output[count] = byte
            count += 1
        }
        return normalizes ? removeDotSegments(output, count) : count
    }

    /// The character of a percent-encoding after its `%`, when it is an unreserved one.
    private static func unreserved(_ path: UnsafeRawBufferPointer, _ index: Int) -> UInt8? {
        guard index + 1 < path.count, let high = digit(path[index]),
            let low = digit(path[index + 1])
        else { return nil }
        let byte = high << 4 | low
        let isLetterOrDigit = byte.lowercased &- 0x61 < 26 || byte &- 0x30 < 10
        let isMark =
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "~")
        return isLetterOrDigit || isMark ? byte : nil
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = byte.lowercased &- 0x61
        return letter < 6 ? letter + 10 : nil
    }

    private static func removeDotSegments(
        _ path: UnsafeMutableRawBufferPointer, _ count: Int
    ) -> Int {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        var read = 0
        var written = 0
        while read < count {
            // A segment with the slash before it.
            var end = read + 1
            while end < count && path[end] != slash { end += 1 }
            let length = end - read - 1
            let isDot = length == 1 && path[read + 1] == dot
            let isDotDot = length == 2 && path[read + 1] == dot && path[read + 2] == dot
            if isDotDot {
                while written > 0 {
                    written -= 1
                    if path[written] == slash { break }
                }
            }
            if isDot || isDotDot {
                if end == count {
                    path[written] = slash
                    written += 1
                }
            } else {
                for index in read..<end {
                    path[written] = path[index]
                    written += 1
                }
            }
            read = end
        }
        return written
    }
}
