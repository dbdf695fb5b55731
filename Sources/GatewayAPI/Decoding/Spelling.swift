/// The name that a misspelled one was probably meant to be; nil when none is close.
func nearest(to word: String, among names: some Sequence<String>) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let lowercased = Array(word.lowercased().utf8)
    let allowed = max(1, lowercased.count / 3)
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(lowercased, Array(name.lowercased().utf8))
        if distance <= allowed, distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
}

/// How many letters must be changed, added, dropped or swapped with their neighbour.
///
/// - Complexity: O(*m* × *n*).
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: second.count + 1)
    var previous = Array(0...second.count)
    for row in first.indices {
        var current = [row + 1]
        for column in second.indices {
            let cost = first[row] == second[column] ? 0 : 1
            var distance = min(
                previous[column] + cost, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, first[row] == second[column - 1],
                first[row - 1] == second[column]
            {
                distance = min(distance, beforePrevious[column - 1] + 1)
            }
            current.append(distance)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[second.count]
}
