/// A compiled RE2 expression that a whole byte string must match.
///
/// The time to match is linear in the text, whatever the expression: it runs as an automaton
/// and never backtracks. Expressions whose deterministic automaton is small run at a table
/// look-up a byte; the others are simulated state by state.
///
/// The syntax is RE2's without Unicode classes (`\pL`) and word boundaries (`\b`). It works on
/// bytes: `.` and negated classes take one byte of a character outside ASCII at a time.
package struct RegularExpression: Sendable {
    private let automaton: Automaton

    /// Why an expression is refused.
    package struct SyntaxError: Error, Equatable {
        /// What is wrong, and where.
        package let message: String
    }

    /// Compiles an expression.
    ///
    /// - Throws: ``SyntaxError`` for syntax that RE2 refuses or that is not supported, and for
    ///   an expression that grows too large.
    package init(_ pattern: String) throws(SyntaxError) {
        var parser = RegularExpressionParser(pattern)
        let node = try parser.parse()
        automaton = Automaton(try RegularExpressionProgram(node))
    }

    /// Whether the whole text matches.
    ///
    /// - Complexity: O(length of the text), times the expression's size for large expressions.
    package func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        automaton.matches(text)
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { matches($0) }
    }
}

/// What an expression says.
indirect enum RegularExpressionNode {
    /// The empty text.
    case empty
    /// One byte of a set.
    case bytes(ByteSet)
    /// One after the other.
    case sequence([RegularExpressionNode])
    /// One of them.
    case choice([RegularExpressionNode])
    /// So many times; no upper bound when nil.
    ///
    /// - Parameter isGreedy: As often as can be rather than as seldom.
    case repetition(RegularExpressionNode, least: Int, most: Int?, isGreedy: Bool)
    /// A part whose text is remembered under a number from 1 on.
    case group(Int, RegularExpressionNode)
    /// The text's start.
    case start
    /// The text's end.
    case end
}

/// The instructions of a nondeterministic automaton.
struct RegularExpressionProgram {
    enum Instruction {
        /// Takes a byte of the set, then goes on there.
        case bytes(ByteSet, next: Int)
        /// Goes on in both places, rather in the first.
        case fork(Int, Int)
        /// Remembers the place in the text, 2n where group n begins and 2n + 1 where it ends.
        case mark(Int, next: Int)
        /// Goes on at the text's start only.
        case start(next: Int)
        /// Goes on at the text's end only.
        case end(next: Int)
        /// The text matches.
        case match
    }

    private(set) var instructions: [Instruction] = [.match]
    /// Where a match begins.
    private(set) var entry = 0

    private let marksGroups: Bool

    private static let limit = 5_000

    /// - Parameter marksGroups: Where groups begin and end is of interest.
    init(
        _ node: RegularExpressionNode, marksGroups: Bool = false
    ) throws(RegularExpression.SyntaxError) {
        self.marksGroups = marksGroups
        guard Self.size(node) <= Self.limit else {
            throw RegularExpression.SyntaxError(message: "the expression is too large")
        }
        entry = emit(node, then: 0)
    }

    /// The number of instructions, at most a little over the limit.
    private static func size(_ node: RegularExpressionNode) -> Int {
        switch node {
        case .empty: return 1
        case .bytes, .start, .end: return 1
        case .sequence(let parts), .choice(let parts):
            return parts.reduce(1) { min($0 + size($1) + 1, limit + 1) }
        case .group(_, let part): return min(size(part) + 2, limit + 1)
        case .repetition(let part, let least, let most, _):
            let times = max(most ?? least + 1, 1)
            return min((size(part) + 1) * times, limit + 1)
        }
    }

    private mutating func add(_ instruction: Instruction) -> Int {
        instructions.append(instruction)
        return instructions.count - 1
    }

    /// Writes the instructions of a node back to front and returns the first.
    private mutating func emit(_ node: RegularExpressionNode, then next: Int) -> Int {
        switch node {
        case .empty: return next
        case .bytes(let set): return add(.bytes(set, next: next))
        case .start: return add(.start(next: next))
        case .end: return add(.end(next: next))
        case .sequence(let parts):
            return parts.reversed().reduce(next) { emit($1, then: $0) }
        case .choice(let parts):
            let entries = parts.map { emit($0, then: next) }
            return entries.dropLast().reversed().reduce(entries[entries.count - 1]) {
                add(.fork($1, $0))
            }
        case .group(let number, let part):
            guard marksGroups else { return emit(part, then: next) }
            let end = add(.mark(2 * number + 1, next: next))
            return add(.mark(2 * number, next: emit(part, then: end)))
        case .repetition(let part, let least, let most, let isGreedy):
            return emitRepetition(part, least, most, isGreedy, then: next)
        }
    }

    private mutating func emitRepetition(
        _ part: RegularExpressionNode, _ least: Int, _ most: Int?, _ isGreedy: Bool, then next: Int
    ) -> Int {
        func fork(_ again: Int) -> Instruction {
            isGreedy ? .fork(again, next) : .fork(next, again)
        }
        var entry = next
        if let most {
            for _ in 0..<max(most - least, 0) {
                entry = add(fork(emit(part, then: entry)))
            }
        } else {
            let loop = add(.fork(next, next))
            instructions[loop] = fork(emit(part, then: loop))
            entry = loop
        }
        for _ in 0..<least { entry = emit(part, then: entry) }
        return entry
    }
}
