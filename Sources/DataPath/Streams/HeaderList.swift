import Glibc
import Routing

/// The headers of a message, in order, apart from the connection they came on.
///
/// Names are in lower case; hop-by-hop headers (RFC 9110 §7.6.1) and `host` are never in it. It
/// also stores other bytes of the message, such as its target, so that one stretch of memory
/// holds all that ``RequestView`` points to. Used again for other messages: what it holds is gone
/// with ``removeAll()``. Confined to its worker.
final class HeaderList {
    /// The first byte of the memory, which ``Span`` and ``HeaderField`` count from. Moves when
    /// something is added.
    @exclusivity(unchecked) private(set) var base: UnsafeMutableRawPointer
    /// How many headers there are.
    @exclusivity(unchecked) private(set) var count = 0
    /// How many bytes are stored, for limits.
    @exclusivity(unchecked) private(set) var size = 0
    private var capacity: Int
    private let firstCapacity: Int
    @exclusivity(unchecked) private var places: UnsafeMutableBufferPointer<HeaderField>

    private static let keptCapacity = 16 * 1024

    /// A list with room for so many bytes; it grows.
    init(capacity: Int = 1024) {
        self.capacity = capacity
        firstCapacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
        places = .allocate(capacity: max(capacity / 48, 2))
    }

    deinit {
        base.deallocate()
        places.deallocate()
    }

    /// The headers; their kinds are ``HeaderKind``s. Valid until something is added or removed.
    var fields: UnsafeBufferPointer<HeaderField> {
        UnsafeBufferPointer(start: places.baseAddress, count: count)
    }
    var isEmpty: Bool { count == 0 }

    /// Forgets everything, and what memory is too large to keep.
    func removeAll() {
        count = 0
        size = 0
        if capacity > Self.keptCapacity {
            base.deallocate()
            capacity = firstCapacity
            base = .allocate(byteCount: capacity, alignment: 8)
        }
    }

    /// Becomes a copy of another list; its spans hold here too.
    func copy(_ other: HeaderList) {
        removeAll()
        _ = store(UnsafeRawBufferPointer(start: other.base, count: other.size))
        for field in other.fields { add(field) }
    }

    // MARK: Reading

    /// Stored bytes; valid until something is added.
    func bytes(_ span: Span) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + span.start, count: span.count)
    }

    /// A header's name; valid until something is added.
    func name(_ index: Int) -> UnsafeRawBufferPointer {
        let field = places[index]
        return UnsafeRawBufferPointer(
            start: base + Int(field.nameOffset), count: Int(field.nameLength))
    }

    /// A header's value; valid until something is added.
    func value(_ index: Int) -> UnsafeRawBufferPointer {
        let field = places[index]
        return UnsafeRawBufferPointer(
            start: base + Int(field.valueOffset), count: Int(field.valueLength))
    }

    /// The position of the first header with a name in lower case.
    func firstIndex(of name: StaticString) -> Int? {
        let wanted = UnsafeRawBufferPointer(name)
        for index in 0..<count where matches(index, wanted) { return index }
        return nil
    }

    /// The value of the first header with a name in lower case; valid until something is added.
    func first(_ name: StaticString) -> UnsafeRawBufferPointer? {
        firstIndex(of: name).map(value)
    }

    private func matches(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let field = places[index]
        guard Int(field.nameLength) == name.count, let wanted = name.baseAddress else {
            return false
        }
        return memcmp(base + Int(field.nameOffset), wanted, name.count) == 0
    }

    // MARK: Changing

    /// Adds a header; the name is made lower case, and neither is checked. What is passed may
    /// point into the list.
    func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let nameStart = store(name, value)
        let bytes = (base + nameStart).assumingMemoryBound(to: UInt8.self)
        for index in 0..<name.count { bytes[index] = bytes[index].lowercased }
        add(
            HeaderField(
                nameOffset: UInt32(truncatingIfNeeded: nameStart),
                nameLength: UInt16(truncatingIfNeeded: name.count),
                kind: HeaderKind.of(bytes, name.count).rawValue,
                valueOffset: UInt32(truncatingIfNeeded: nameStart + name.count),
                valueLength: UInt32(truncatingIfNeeded: value.count)))
    }

    /// Adds a header.
    func append(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        append(UnsafeRawBufferPointer(name), value)
    }

    /// Adds a header.
    func append(_ name: StaticString, _ value: StaticString) {
        append(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value))
    }

    /// Adds a header.
    func append(_ name: StaticString, _ value: [UInt8]) {
        value.withUnsafeBytes { append(UnsafeRawBufferPointer(name), $0) }
    }

    /// Gives a header another value.
    func replace(_ index: Int, _ value: UnsafeRawBufferPointer) {
        let span = store(value)
        places[index].valueOffset = UInt32(truncatingIfNeeded: span.start)
        places[index].valueLength = UInt32(truncatingIfNeeded: span.count)
    }

    /// Removes headers by their position.
    func remove(where isUnwanted: (Int) -> Bool) {
        var kept = 0
        for index in 0..<count {
            if isUnwanted(index) { continue }
            if kept != index { places[kept] = places[index] }
            kept += 1
        }
        count = kept
    }

    /// Removes all headers of a kind.
    func remove(_ kind: HeaderKind) {
        remove { places[$0].kind == kind.rawValue }
    }

    /// Removes all headers with a name in lower case.
    func remove(_ name: StaticString) {
        let wanted = UnsafeRawBufferPointer(name)
        remove { matches($0, wanted) }
    }

    /// Does what a route's rules say.
    func apply(_ rules: HeaderRules) {
        if rules.isEmpty { return }
        if !rules.dropped.isEmpty { remove { rules.drops(name($0)) } }
        append(lines: rules.lines)
    }

    /// Adds headers that are written as whole lines of HTTP/1.
    func append(lines: [UInt8]) {
        lines.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = bytes[start...].firstIndex(of: 0x0D) ?? bytes.count
                if let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                    append(
                        UnsafeRawBufferPointer(rebasing: bytes[start..<colon]),
                        UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)..<end]).trimmed)
                }
                start = end + 2
            }
        }
    }

    private func add(_ field: HeaderField) {
        if count == places.count {
            let larger = UnsafeMutableBufferPointer<HeaderField>.allocate(capacity: count * 2)
            _ = larger.initialize(fromContentsOf: fields)
            places.deallocate()
            places = larger
        }
        places.initializeElement(at: count, to: field)
        count += 1
    }

    /// Stores bytes that are no header.
    func store(_ bytes: [UInt8]) -> Span {
        bytes.withUnsafeBytes { store($0) }
    }

    /// Stores bytes that are no header.
    func store(_ bytes: UnsafeRawBufferPointer) -> Span {
        let start = store(bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        return Span(start: start, count: bytes.count)
    }

    private func store(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
        let start = size
        let needed = size + one.count + other.count
        var outgrown: UnsafeMutableRawPointer?
        if needed > capacity {
            var larger = capacity * 2
            while larger < needed { larger *= 2 }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
            memcpy(memory, base, size)
            outgrown = base
            base = memory
            capacity = larger
        }
        if let source = one.baseAddress { memcpy(base + start, source, one.count) }
        if let source = other.baseAddress { memcpy(base + start + one.count, source, other.count) }
        size = needed
        // Only now: what was added may have pointed into it.
        outgrown?.deallocate()
        return start
    }
}

extension UnsafeRawBufferPointer {
    /// Without the spaces and tabs around it.
    var trimmed: UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// Whether the bytes are the word, whatever the case of their letters; the word is in lower
    /// case.
    func isWord(_ word: StaticString) -> Bool {
        guard let bytes = baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return word.utf8CodeUnitCount == 0
        }
        return equalsIgnoringCase(bytes, count, word)
    }
}
