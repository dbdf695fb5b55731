import XDS

/// Finds the first route in a list whose path matches and whose other conditions hold, without
/// looking at the routes whose path does not match.
///
/// The literals of all paths (exact, prefix, separated prefix) are keys of one hash table. One
/// walk over the request's path with a rolling hash finds every key that is a prefix of it; each
/// gives an ascending list of routes, and the lists are merged in the order of the routes.
/// Regular expressions cannot be indexed; they form one more list.
struct PathIndex: Sendable {
    /// The routes under one literal, ascending.
    private struct Entry: Sendable {
        var exact: [Int32] = []
        var prefix: [Int32] = []
        var separated: [Int32] = []
    }

    /// One ascending list during a merge.
    private struct Cursor {
        var next: UnsafePointer<Int32>
        var end: UnsafePointer<Int32>
    }

    private let table: ByteTable
    /// Ascending runs of route positions, one after the other; unsafe but written once.
    private let positions: PositionList
    private let runs: [Runs]
    private let regexRun: Range<Int32>
    /// Whether a key has this length, up to the longest.
    private let hasLength: [Bool]

    private struct Runs: Sendable {
        var exact: Range<Int32>
        var prefix: Range<Int32>
        var separated: Range<Int32>
    }

    init(_ paths: [RouteMatch.Path]) {
        var keys: [[UInt8]] = []
        var entries: [Entry] = []
        var numbers: [[UInt8]: Int] = [:]
        var regexes: [Int32] = []
        func entry(_ literal: String) -> Int {
            let key = Array(literal.utf8)
            if let number = numbers[key] { return number }
            numbers[key] = keys.count
            keys.append(key)
            entries.append(Entry())
            return keys.count - 1
        }
        for (index, path) in paths.enumerated() {
            switch path {
            case .path(let literal): entries[entry(literal)].exact.append(Int32(index))
            case .prefix(let literal): entries[entry(literal)].prefix.append(Int32(index))
            case .pathSeparatedPrefix(let literal):
                entries[entry(literal)].separated.append(Int32(index))
            case .safeRegex: regexes.append(Int32(index))
            }
        }
        var all: [Int32] = []
        func run(_ list: [Int32]) -> Range<Int32> {
            all.append(contentsOf: list)
            return Int32(all.count - list.count)..<Int32(all.count)
        }
        runs = entries.map {
            Runs(exact: run($0.exact), prefix: run($0.prefix), separated: run($0.separated))
        }
        regexRun = run(regexes)
        positions = PositionList(all)
        table = ByteTable(keys)
        var hasLength = Array(repeating: false, count: (table.lengths.last ?? 0) + 1)
        for length in table.lengths { hasLength[length] = true }
        self.hasLength = hasLength
    }

    /// The position of the first route whose path matches and that `accepts` takes, or nil.
    ///
    /// - Parameter accepts: Whether the route's other conditions hold, and its regular
    ///   expression, if it has one; asked in the order of the routes.
    /// - Complexity: O(length of the path) plus the routes on literals that match.
    func first(
        _ path: UnsafeRawBufferPointer, where accepts: (Int) -> Bool
    ) -> Int? {
        // Every key on the way gives at most two lists: prefix, and exact or separated.
        withUnsafeTemporaryAllocation(
            of: Cursor.self, capacity: min(table.lengths.count, path.count + 1) * 3 + 1
        ) { cursors in
            let count = collect(path, into: cursors)
            return merge(cursors, count, where: accepts)
        }
    }

    private func collect(
        _ path: UnsafeRawBufferPointer, into cursors: UnsafeMutableBufferPointer<Cursor>
    ) -> Int {
        var count = 0
        func add(_ run: Range<Int32>) {
            if run.isEmpty { return }
            cursors.initializeElement(
                at: count,
                to: Cursor(
                    next: positions.start + Int(run.lowerBound),
                    end: positions.start + Int(run.upperBound)))
            count += 1
        }
        add(regexRun)
        var hash = ByteTable.Hash()
        var length = 0
        let longest = min(path.count, hasLength.count - 1)
        while true {
            if hasLength[length], let found = table.find(path.slice(0, length), hash: hash) {
                add(runs[found].prefix)
                if length == path.count {
                    add(runs[found].exact)
                    add(runs[found].separated)
                } else if path[length] == UInt8(ascii: "/") {
                    add(runs[found].separated)
                }
            }
            if length == longest { return count }
            hash.add(path[length])
            length += 1
        }
    }

    private func merge(
        _ cursors: UnsafeMutableBufferPointer<Cursor>, _ total: Int, where accepts: (Int) -> Bool
    ) -> Int? {
        var count = total
        while count > 0 {
            var lowest = 0
            for index in 1..<max(count, 1)
            where cursors[index].next.pointee < cursors[lowest].next.pointee {
                lowest = index
            }
            let candidate = Int(cursors[lowest].next.pointee)
            if accepts(candidate) { return candidate }
            cursors[lowest].next += 1
            if cursors[lowest].next == cursors[lowest].end {
                count -= 1
                cursors[lowest] = cursors[count]
            }
        }
        return nil
    }
}

/// An immutable list of numbers at a fixed address.
///
/// Unsafe but sound: the memory is written in `init` only and freed in `deinit`.
private final class PositionList: @unchecked Sendable {
    let start: UnsafePointer<Int32>

    init(_ contents: [Int32]) {
        let memory = UnsafeMutablePointer<Int32>.allocate(capacity: max(contents.count, 1))
        memory.initialize(repeating: 0, count: max(contents.count, 1))
        for (index, number) in contents.enumerated() { memory[index] = number }
        start = UnsafePointer(memory)
    }

    deinit {
        UnsafeMutablePointer(mutating: start).deallocate()
    }
}
