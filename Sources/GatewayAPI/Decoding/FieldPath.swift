/// How long a path can be whose line is kept. No field of the API comes near; what is deeper has
/// the line of its parent, and a long key above a long list costs no more than its length.
private let maximumPathLength = 1024

extension ManifestNode {
    /// The line of a field below this node, or of the nearest parent that is there.
    ///
    /// - Parameter path: Keys and indices, as in `filters[1].cors`; no keys with dots.
    func line(ofRelativePath path: String) -> Int {
        var node = self
        var line = self.line
        for step in path.split(separator: ".") {
            let parts = step.split(separator: "[", maxSplits: 1)
            guard let key = parts.first, case .mapping(let members) = node.value,
                let member = members.first(where: { $0.key == key })
            else { return line }
            line = member.line
            node = member.node
            guard parts.count == 2 else { continue }
            guard let index = Int(parts[1].dropLast()), case .sequence(let nodes) = node.value,
                nodes.indices.contains(index)
            else { return line }
            node = nodes[index]
            line = node.line
        }
        return line
    }

    /// The field paths below this node and their lines: of a key where there is one, else of the
    /// list's entry. Keys that are labels or annotations stand in brackets.
    func fieldLines() -> [FieldLines.Entry] {
        var lines = [FieldLines.Entry(path: "", line: line)]
        collectLines(path: "", into: &lines)
        return lines
    }

    private func collectLines(path: String, into lines: inout [FieldLines.Entry]) {
        guard path.utf8.count <= maximumPathLength else { return }
        switch value {
        case .scalar: break
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() {
                let child = "\(path)[\(index)]"
                lines.append(FieldLines.Entry(path: child, line: node.line))
                node.collectLines(path: child, into: &lines)
            }
        case .mapping(let members):
            for member in members {
                let child = fieldPath(path, member.key)
                lines.append(FieldLines.Entry(path: child, line: member.line))
                member.node.collectLines(path: child, into: &lines)
            }
        }
    }
}

/// The path of a key below a path: in brackets when the key has dots or slashes, as labels do.
func fieldPath(_ parent: String, _ key: String) -> String {
    if key.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }),
        !parent.isEmpty
    {
        return "\(parent)[\(key)]"
    }
    return parent.isEmpty ? key : "\(parent).\(key)"
}
