/// A user's mistake, as a value: rendered as a line of a tool, a log entry or a condition.
///
/// Equality is code, severity, object, field path and location, never the wording.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// How much the mistake costs.
    public enum Severity: String, Sendable, Hashable {
        /// The object, or the file, is not taken.
        case error
        /// The object is taken; something in it has no effect or is likely a slip.
        case warning
    }

    /// What kind of mistake it is, to switch on.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The spelling, in camel case.
        public let rawValue: String

        /// Makes a code of one's own.
        public init(rawValue: String) { self.rawValue = rawValue }
    }

    /// How much the mistake costs.
    public var severity: Severity
    /// What kind of mistake it is.
    public var code: Code
    /// What is wrong and what mends it, in plain words, without location.
    public var message: String
    /// Where in the object, as in `spec.rules[0].backendRefs[1].weight`; empty for all of it.
    public var fieldPath: String
    /// The object, when the mistake is in one whose name could be read.
    public var object: ObjectReference?
    /// The file and line.
    public var location: SourceLocation?

    /// Makes a diagnostic.
    public init(
        _ severity: Severity, _ code: Code, message: String, fieldPath: String = "",
        object: ObjectReference? = nil, location: SourceLocation? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.fieldPath = fieldPath
        self.object = object
        self.location = location
    }

    /// One line: location, severity, object, field path, message; parts that are absent left out.
    /// Line breaks and the like, which a key can hold, are escaped.
    public var description: String {
        var parts: [String] = []
        if let location { parts.append(location.description) }
        parts.append(severity.rawValue)
        if let object { parts.append(object.description) }
        if !fieldPath.isEmpty { parts.append(fieldPath) }
        parts.append(message)
        return onOneLine(parts.joined(separator: ": "))
    }

    /// Compares all but the wording.
    public static func == (lhs: Diagnostic, rhs: Diagnostic) -> Bool {
        lhs.code == rhs.code && lhs.severity == rhs.severity && lhs.fieldPath == rhs.fieldPath
            && lhs.object == rhs.object && lhs.location == rhs.location
    }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(severity)
        hasher.combine(fieldPath)
        hasher.combine(object)
        hasher.combine(location)
    }
}

extension Diagnostic.Code {
    /// The text is not YAML or JSON.
    public static let syntax = Self(rawValue: "syntax")
    /// The bytes are not UTF-8 text, or hold a NUL.
    public static let encoding = Self(rawValue: "encoding")
    /// A file, a document, its nesting or its aliases pass a limit.
    public static let limit = Self(rawValue: "limit")
    /// The file cannot be read.
    public static let unreadable = Self(rawValue: "unreadable")
    /// A document is no object: no mapping, no `kind`, no `apiVersion`.
    public static let notAnObject = Self(rawValue: "notAnObject")
    /// The kind is known, the version is not.
    public static let unknownVersion = Self(rawValue: "unknownVersion")
    /// The kind is not known, and close to a known one.
    public static let unknownKind = Self(rawValue: "unknownKind")
    /// A field that the API does not have.
    public static let unknownField = Self(rawValue: "unknownField")
    /// The same key twice in one mapping.
    public static let duplicateKey = Self(rawValue: "duplicateKey")
    /// A required field is absent or empty.
    public static let missingField = Self(rawValue: "missingField")
    /// A value of another type than the field's.
    public static let wrongType = Self(rawValue: "wrongType")
    /// A number or a length outside of its range.
    public static let outOfRange = Self(rawValue: "outOfRange")
    /// A value that is none of the API's.
    public static let unsupportedValue = Self(rawValue: "unsupportedValue")
    /// A text that does not have the form the field asks for.
    public static let invalidFormat = Self(rawValue: "invalidFormat")
    /// Fields that contradict each other.
    public static let conflict = Self(rawValue: "conflict")
    /// Two entries of a list, or two documents, with the same name.
    public static let duplicate = Self(rawValue: "duplicate")
    /// The last good version of a file is in use, because the present one has errors.
    public static let stale = Self(rawValue: "stale")
}
