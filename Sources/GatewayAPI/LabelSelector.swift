/// A query over labels: every label and every expression must match; an empty one matches all.
public struct LabelSelector: Sendable, Hashable {
    /// How an expression compares.
    public enum Operator: OpenEnum {
        /// The label has one of the values.
        case `in`
        /// The label has none of the values, or is absent.
        case notIn
        /// The label is present.
        case exists
        /// The label is absent.
        case doesNotExist
        /// An operator this version does not know; it matches nothing.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, Operator> = [
            "In": .in, "NotIn": .notIn, "Exists": .exists, "DoesNotExist": .doesNotExist,
        ]
        /// The spelling of an unknown operator.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// One expression.
    public struct Requirement: Sendable, Hashable {
        /// The label.
        public var key: String
        /// How to compare.
        public var `operator`: Operator
        /// What to compare with; empty for `Exists` and `DoesNotExist`.
        public var values: [String] = []

        /// Makes an expression.
        public init(key: String, operator: Operator, values: [String] = []) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// Whether the labels satisfy the expression.
        public func matches(_ labels: [String: String]) -> Bool {
            let value = labels[key]
            switch self.operator {
            case .in: return value.map(values.contains) ?? false
            case .notIn: return !(value.map(values.contains) ?? false)
            case .exists: return value != nil
            case .doesNotExist: return value == nil
            case .unknown: return false
            }
        }
    }

    /// Labels that must be present with these values.
    public var matchLabels: [String: String] = [:]
    /// Expressions that must hold.
    public var matchExpressions: [Requirement] = []

    /// Makes a selector.
    public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Whether the labels satisfy the selector.
    public func matches(_ labels: [String: String]) -> Bool {
        matchLabels.allSatisfy { labels[$0.key] == $0.value }
            && matchExpressions.allSatisfy { $0.matches(labels) }
    }
}
