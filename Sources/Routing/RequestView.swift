/// One header of a message's head, as offsets from the head's first byte.
package struct HeaderField: Sendable {
    /// Where the name starts.
    package var nameOffset: UInt32
    /// The name's length.
    package var nameLength: UInt16
    /// What the parser knows the name to be; its owner gives it a meaning, routing does not read
    /// it.
    package var kind: UInt8
    /// Where the value starts, without the white space around it.
    package var valueOffset: UInt32
    /// The value's length.
    package var valueLength: UInt32

    /// A header.
    package init(
        nameOffset: UInt32, nameLength: UInt16, kind: UInt8 = 0, valueOffset: UInt32,
        valueLength: UInt32
    ) {
        self.nameOffset = nameOffset
        self.nameLength = nameLength
        self.kind = kind
        self.valueOffset = valueOffset
        self.valueLength = valueLength
    }
}

/// What routing looks at in a request: bytes that somebody else holds.
///
/// Valid for the call it is passed to, never kept.
package struct RequestView {
    /// The first byte of the head, which the headers' offsets count from.
    package var head: UnsafeRawPointer
    /// The headers, in order.
    package var headers: UnsafeBufferPointer<HeaderField>
    /// The method.
    package var method: UnsafeRawBufferPointer
    /// The authority in lower case, with the port as sent.
    package var authority: UnsafeRawBufferPointer
    /// The path and the query, normalised as the listener asks.
    package var target: UnsafeRawBufferPointer
    /// The length of the path: what comes before the `?`, or all of the target.
    package var pathLength: Int
    /// The request came over TLS.
    package var isSecure: Bool
    /// The request's chance, for all routes that take a share of the requests.
    package var chance: UInt64

    /// A view.
    package init(
        head: UnsafeRawPointer, headers: UnsafeBufferPointer<HeaderField>,
        method: UnsafeRawBufferPointer, authority: UnsafeRawBufferPointer,
        target: UnsafeRawBufferPointer, pathLength: Int, isSecure: Bool = false,
        chance: UInt64 = 0
    ) {
        self.head = head
        self.headers = headers
        self.method = method
        self.authority = authority
        self.target = target
        self.pathLength = pathLength
        self.isSecure = isSecure
        self.chance = chance
    }

    /// The path without the query.
    package var path: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: target[0..<pathLength])
    }

    /// The query without its `?`; empty when there is none.
    package var query: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: target[min(pathLength + 1, target.count)...])
    }

    /// The authority without a port: `[::1]` of `[::1]:80`, `a` of `a:80`.
    package var host: UnsafeRawBufferPointer {
        var index = authority.count
        while index > 0 {
            index -= 1
            let byte = authority[index]
            if byte == UInt8(ascii: ":") {
                return UnsafeRawBufferPointer(rebasing: authority[0..<index])
            }
            if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { break }
        }
        return authority
    }

    func name(of field: HeaderField) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: head + Int(field.nameOffset), count: Int(field.nameLength))
    }

    func value(of field: HeaderField) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: head + Int(field.valueOffset), count: Int(field.valueLength))
    }
}
