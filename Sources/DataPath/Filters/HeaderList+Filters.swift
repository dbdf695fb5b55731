import Routing

extension HeaderList {
    /// Gives a header one value.
    func set(_ name: StaticString, _ value: [UInt8]) {
        remove(name)
        append(name, value)
    }

    /// Gives a header one value.
    ///
    /// - Parameter name: In lower case.
    func set(_ name: [UInt8], _ value: [UInt8]) {
        remove(named: name)
        append(name, value)
    }

    /// Adds a header.
    func append(_ name: [UInt8], _ value: [UInt8]) {
        name.withUnsafeBytes { name in value.withUnsafeBytes { append(name, $0) } }
    }

    /// Removes all headers with a name in lower case.
    func remove(named name: [UInt8]) {
        remove { self.name($0).elementsEqual(name) }
    }

    /// The value of the first header with a name in lower case.
    func first(named name: [UInt8]) -> [UInt8]? {
        (0..<count).first { self.name($0).elementsEqual(name) }.map { Array(value($0)) }
    }

    /// Calls `body` with each header's name and value, which may not be changed meanwhile.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        for index in 0..<count { body(name(index), value(index)) }
    }
}

/// Headers that only the proxy itself writes.
enum ReservedHeader {
    /// Whether a header is one, pseudo-headers included.
    ///
    /// - Parameter name: In lower case.
    static func contains(_ name: [UInt8]) -> Bool {
        name.isEmpty || name.first == UInt8(ascii: ":")
            || HeaderRules.reserved.contains(String(decoding: name, as: UTF8.self))
    }
}
