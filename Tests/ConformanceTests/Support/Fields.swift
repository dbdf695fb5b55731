import Foundation
import Yams

/// The members of a YAML mapping, taken one by one; what is left at the end is an error, so that no
/// expectation goes unread because of a slip.
struct Fields {
    private var nodes: [(key: String, value: Node)]
    /// Where the mapping is, for messages.
    let place: String

    /// - Throws: Where the node is no mapping.
    init(_ node: Node, _ place: String) throws {
        guard let mapping = node.mapping else { throw Problem("\(place): no mapping") }
        let line = node.mark.map { ":\($0.line)" } ?? ""
        self.place = place + line
        nodes = mapping.compactMap { key, value in key.string.map { ($0, value) } }
    }

    /// The keys that have not been taken, in their order.
    var keys: [String] { nodes.map(\.key) }

    mutating func take(_ key: String) -> Node? {
        guard let index = nodes.firstIndex(where: { $0.key == key }) else { return nil }
        return nodes.remove(at: index).value
    }

    /// A scalar, as it is spelled.
    mutating func text(_ key: String) throws -> String? {
        guard let node = take(key) else { return nil }
        guard let scalar = node.scalar else { throw Problem("\(place): \(key) is no scalar") }
        return scalar.string
    }

    mutating func required(_ key: String) throws -> String {
        guard let text = try text(key) else { throw Problem("\(place): no \(key)") }
        return text
    }

    mutating func number(_ key: String) throws -> Int? {
        guard let text = try text(key) else { return nil }
        guard let number = Int(text) else { throw Problem("\(place): \(key) is no number") }
        return number
    }

    /// A list; a single value counts as a list of one.
    mutating func list(_ key: String) -> [Node] {
        guard let node = take(key) else { return [] }
        return node.sequence.map { Array($0) } ?? [node]
    }

    /// A mapping of names to scalars, nil for null.
    mutating func texts(_ key: String) throws -> [(name: String, value: String?)] {
        guard let node = take(key) else { return [] }
        guard let mapping = node.mapping else { throw Problem("\(place): \(key) is no mapping") }
        return try mapping.map { name, value in
            guard let name = name.string, let scalar = value.scalar else {
                throw Problem("\(place): \(key) is no mapping of names to values")
            }
            return (name, value.null == nil ? scalar.string : nil)
        }
    }

    mutating func numbers(_ key: String) throws -> [String: Int] {
        try texts(key).reduce(into: [:]) { numbers, pair in
            guard let number = pair.value.flatMap({ Int($0) }) else {
                throw Problem("\(place): \(key): \(pair.name) is no number")
            }
            numbers[pair.name] = number
        }
    }

    /// - Throws: Where something has not been taken.
    func finish() throws {
        guard nodes.isEmpty else {
            throw Problem("\(place): nobody reads \(keys.joined(separator: ", "))")
        }
    }
}
