/// Runs a regular expression's program: by table where that is small, else state by state.
struct Automaton: Sendable {
    private typealias Program = RegularExpressionProgram

    private enum Form: Sendable {
        case table(Table)
        case simulation(Simulation)
    }

    private let form: Form

    init(_ program: RegularExpressionProgram) {
        let simulation = Simulation(program)
        form = Table(simulation).map(Form.table) ?? .simulation(simulation)
    }

    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        switch form {
        case .table(let table): table.matches(text)
        case .simulation(let simulation): simulation.matches(text)
        }
    }

    /// A nondeterministic automaton: the instructions in parallel arrays.
    private struct Simulation: Sendable {
        private enum Step: Sendable {
            case bytes(ByteSet, Int)
            case fork(Int, Int)
            case start(Int)
            case end(Int)
            case match
        }

        private let steps: [Step]
        var count: Int { steps.count }
        let entry: Int

        init(_ program: Program) {
            entry = program.entry
            steps = program.instructions.map {
                switch $0 {
                case .bytes(let set, let next): .bytes(set, next)
                case .fork(let one, let other): .fork(one, other)
                case .mark(_, let next): .fork(next, next)
                case .start(let next): .start(next)
                case .end(let next): .end(next)
                case .match: .match
                }
            }
        }

        /// The byte sets of the program, each once.
        var sets: Set<ByteSet> {
            Set(
                steps.compactMap { step in
                    if case .bytes(let set, _) = step { set } else { nil }
                })
        }

        /// What is reached without a byte: the instructions that wait for one, for the end or
        /// that match, ascending.
        func closure(_ seeds: [Int], atStart: Bool, atEnd: Bool) -> [Int] {
            var seen = [Bool](repeating: false, count: steps.count)
            var waiting = seeds
            var result: [Int] = []
            while let index = waiting.popLast() {
                if seen[index] { continue }
                seen[index] = true
                switch steps[index] {
                case .fork(let one, let other): waiting += [one, other]
                case .start(let next): if atStart { waiting.append(next) }
                case .end(let next): atEnd ? waiting.append(next) : result.append(index)
                case .bytes, .match: result.append(index)
                }
            }
            return result.sorted()
        }

        /// Where a byte leads to, before the closure.
        func targets(_ states: [Int], _ byte: UInt8) -> [Int] {
            states.compactMap { state in
                if case .bytes(let set, let next) = steps[state], set.contains(byte) {
                    next
                } else {
                    nil
                }
            }
        }

        /// Whether the text may end here.
        func accepts(_ states: [Int], atStart: Bool) -> Bool {
            closure(states, atStart: atStart, atEnd: true).contains { state in
                if case .match = steps[state] { true } else { false }
            }
        }

        func matches(_ text: UnsafeRawBufferPointer) -> Bool {
            var states = closure([entry], atStart: true, atEnd: text.isEmpty)
            for byte in text {
                states = closure(targets(states, byte), atStart: false, atEnd: false)
                if states.isEmpty { return false }
            }
            return accepts(states, atStart: text.isEmpty)
        }
    }

    /// A deterministic automaton: a row a state, a column a class of bytes that no set of the
    /// program tells apart.
    private struct Table: Sendable {
        private static let mostStates = 256
        private static let mostInstructions = 1_000

        private let columnOfByte: [UInt8]
        private let columns: Int
        private var next: [UInt16] = []
        private var accepting: [Bool] = []

        /// The table, or nil when it would be too large.
        init?(_ simulation: Simulation) {
            guard simulation.count <= Self.mostInstructions else { return nil }
            let sets = Array(simulation.sets)
            var columnOfSignature: [[Bool]: UInt8] = [:]
            var representatives: [UInt8] = []
            columnOfByte = (UInt8.min ... .max).map { byte in
                let signature = sets.map { $0.contains(byte) }
                if let column = columnOfSignature[signature] { return column }
                let column = UInt8(columnOfSignature.count)
                columnOfSignature[signature] = column
                representatives.append(byte)
                return column
            }
            columns = representatives.count
            guard fill(simulation, representatives) else { return nil }
        }

        private mutating func fill(_ simulation: Simulation, _ bytes: [UInt8]) -> Bool {
            let first = simulation.closure([simulation.entry], atStart: true, atEnd: false)
            // The start is a state of its own: `^` holds there only.
            var numbers: [[Int]: UInt16] = [:]
            var states = [first]
            accepting.append(simulation.accepts([simulation.entry], atStart: true))
            var row = 0
            while row < states.count {
                for byte in bytes {
                    let target = simulation.closure(
                        simulation.targets(states[row], byte), atStart: false, atEnd: false)
                    if let number = numbers[target] {
                        next.append(number)
                        continue
                    }
                    guard states.count < Self.mostStates else { return false }
                    numbers[target] = UInt16(states.count)
                    next.append(UInt16(states.count))
                    states.append(target)
                    accepting.append(simulation.accepts(target, atStart: false))
                }
                row += 1
            }
            return true
        }

        func matches(_ text: UnsafeRawBufferPointer) -> Bool {
            var state = 0
            for byte in text {
                state = Int(next[state * columns + Int(columnOfByte[Int(byte)])])
            }
            return accepting[state]
        }
    }
}
