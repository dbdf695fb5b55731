package import XDS

/// Replaces every part of a path that an expression finds, as RE2's `GlobalReplace` does: from
/// left to right, without overlaps, the first alternative that leads to a match winning.
///
/// The time is linear in the text for each match, whatever the expression: all ways to match are
/// followed at once, in the order of preference, and none is gone back to.
package struct PathRewrite: Sendable {
    private enum Part: Sendable {
        case literal([UInt8])
        case group(Int)
    }

    private let program: GroupingProgram
    private let parts: [Part]

    /// Compiles a rewrite.
    ///
    /// - Throws: ``RegularExpression/SyntaxError`` for a wrong expression, and for a substitution
    ///   that names a group the expression does not have.
    package init(
        _ rewrite: RegexMatchAndSubstitute
    ) throws(RegularExpression.SyntaxError) {
        var parser = RegularExpressionParser(rewrite.pattern)
        let node = try parser.parse()
        program = GroupingProgram(
            try RegularExpressionProgram(node, marksGroups: true), groups: parser.groupCount)
        parts = try Self.parts(rewrite.substitution, groups: parser.groupCount)
    }

    private static func parts(
        _ substitution: String, groups: Int
    ) throws(RegularExpression.SyntaxError) -> [Part] {
        var parts: [Part] = []
        var literal: [UInt8] = []
        var isEscaped = false
        for byte in substitution.utf8 {
            if !isEscaped {
                if byte == UInt8(ascii: "\\") { isEscaped = true } else { literal.append(byte) }
                continue
            }
            isEscaped = false
            switch byte {
            case UInt8(ascii: "\\"): literal.append(byte)
            case 0x30...0x39 where Int(byte - 0x30) <= groups:
                parts += [.literal(literal), .group(Int(byte - 0x30))]
                literal = []
            default:
                throw RegularExpression.SyntaxError(
                    message: "after `\\` the substitution needs a digit of one of the "
                        + "\(groups) groups, or `\\`")
            }
        }
        if isEscaped {
            throw RegularExpression.SyntaxError(
                message: "there is nothing after the substitution's last `\\`")
        }
        return parts + [.literal(literal)]
    }

    /// What is written besides parts of the text.
    var literals: [UInt8] {
        parts.flatMap { part -> [UInt8] in
            if case .literal(let bytes) = part { bytes } else { [] }
        }
    }

    /// The path with all matches replaced; the path itself where that would leave nothing, and
    /// with a slash at its start in any case.
    ///
    /// - Complexity: O(length of the path times the expression's size) for each match.
    package func rewrite(_ path: UnsafeRawBufferPointer) -> [UInt8] {
        let replaced = replaceAll(path)
        if replaced.isEmpty { return Array(path) }
        return replaced.first == UInt8(ascii: "/") ? replaced : [UInt8(ascii: "/")] + replaced
    }

    func replaceAll(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        var lastEnd = -1
        while position <= text.count, let marks = program.find(in: text, from: position) {
            result += text[position..<marks[0]]
            if marks[0] == lastEnd && marks[1] == lastEnd {
                // Nothing, found where the last match ended, is no match.
                if position < text.count { result.append(text[position]) }
                position += 1
                continue
            }
            for part in parts {
                switch part {
                case .literal(let bytes): result += bytes
                case .group(let number):
                    let start = marks[2 * number]
                    if start >= 0 { result += text[start..<marks[2 * number + 1]] }
                }
            }
            position = marks[1]
            lastEnd = position
        }
        if position < text.count { result += text[position...] }
        return result
    }
}

/// Finds the first match of a program and the places of its groups.
struct GroupingProgram: Sendable {
    private let instructions: [RegularExpressionProgram.Instruction]
    private let entry: Int
    private let markCount: Int

    /// Threads of the program in the order of preference, each instruction once.
    private struct Threads {
        var order: [(instruction: Int, marks: [Int])] = []
        var seen: [Bool]

        init(_ count: Int) { seen = Array(repeating: false, count: count) }

        mutating func removeAll() {
            order.removeAll(keepingCapacity: true)
            for index in seen.indices { seen[index] = false }
        }
    }

    init(_ program: RegularExpressionProgram, groups: Int) {
        instructions = program.instructions
        entry = program.entry
        markCount = 2 * (groups + 1)
    }

    /// The marks of the leftmost match that begins at a position or behind it; 2n and 2n + 1 are
    /// group n's, -1 where the group has no part in the match, and group 0 is the whole match.
    func find(in text: UnsafeRawBufferPointer, from start: Int) -> [Int]? {
        var current = Threads(instructions.count)
        var following = Threads(instructions.count)
        var found: [Int]?
        var position = start
        while true {
            if found == nil {
                var marks = Array(repeating: -1, count: markCount)
                marks[0] = position
                follow(entry, marks, position, text.count, &current)
            }
            if found != nil && current.order.isEmpty { return found }
            following.removeAll()
            threads: for (index, marks) in current.order {
                switch instructions[index] {
                case .bytes(let set, let next):
                    if position < text.count && set.contains(text[position]) {
                        follow(next, marks, position + 1, text.count, &following)
                    }
                case .match:
                    var marks = marks
                    marks[1] = position
                    found = marks
                    // What comes behind is preferred less.
                    break threads
                case .fork, .mark, .start, .end: break
                }
            }
            if position == text.count { return found }
            swap(&current, &following)
            position += 1
        }
    }

    /// Adds all threads that an instruction leads to without taking a byte.
    private func follow(
        _ first: Int, _ marks: [Int], _ position: Int, _ length: Int, _ threads: inout Threads
    ) {
        var waiting = [(instruction: first, marks: marks)]
        while let (index, marks) = waiting.popLast() {
            if threads.seen[index] { continue }
            threads.seen[index] = true
            switch instructions[index] {
            case .fork(let one, let other):
                waiting.append((other, marks))
                waiting.append((one, marks))
            case .mark(let number, let next):
                var marks = marks
                marks[number] = position
                waiting.append((next, marks))
            case .start(let next): if position == 0 { waiting.append((next, marks)) }
            case .end(let next): if position == length { waiting.append((next, marks)) }
            case .bytes, .match: threads.order.append((index, marks))
            }
        }
    }
}
