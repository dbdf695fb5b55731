/// The names that are near one that is unknown, the nearest first, at most three.
///
/// Complexity: O(names × length²), with lengths up to 64.
func nearNames(to name: String, among names: [String]) -> [String] {
    let wanted = Array(name.utf8.prefix(64)).map(lowercased)
    let most = max(1, wanted.count / 3)
    return
        names
        .map { (name: $0, distance: distance(wanted, Array($0.utf8.prefix(64)).map(lowercased))) }
        .filter { $0.distance <= most }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        .prefix(3).map(\.name)
}

/// ` did you mean a, b?`; all names when they are few and none is near; else empty.
func suggestion(for name: String, among names: [String]) -> String {
    let near = nearNames(to: name, among: names)
    if !near.isEmpty { return "; did you mean \(near.joined(separator: ", "))?" }
    return names.isEmpty || names.count > 12
        ? "" : "; there are \(names.sorted().joined(separator: ", "))"
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
}

/// How many letters are added, removed or changed between two names (Levenshtein distance).
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (column, other) in right.enumerated() {
            let changed = diagonal + (letter == other ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
