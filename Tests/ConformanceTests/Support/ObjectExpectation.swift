import Foundation
import Yams

/// What the status of an object must say.
///
///     Gateway demo/gateway:
///       Accepted: True Accepted
///       observedGeneration: 2            of every condition
///       addresses: [127.0.0.1]
///       listener http: {Accepted: True Accepted, attachedRoutes: 1, supportedKinds: [HTTPRoute]}
///     HTTPRoute demo/route:
///       parents: 1
///       parent gateway/http: {ResolvedRefs: False BackendNotFound}
///     BackendTLSPolicy demo/policy:
///       ancestor gateway: {Accepted: True Accepted}
///
/// A condition is its status and, where that matters, its reason; or `absent`. Sections of parents
/// and their ports, `gateway/http` and `gateway:80`, are compared where they are given.
struct ObjectExpectation: Sendable {
    /// A whole object, or a part of one.
    struct Part: Sendable {
        /// `listener http`, `parent gateway/http`, `ancestor gateway`; empty for the object.
        var name: String
        var conditions: [(type: String, value: String)] = []
        var observedGeneration: Int?
        var attachedRoutes: Int?
        var attachedListenerSets: Int?
        var supportedKinds: [String]?
        var supportedFeatures: [String] = []
        var parents: Int?
        var listeners: Int?
        var addresses: [String]?
    }

    var object: Manifest.Key
    var parts: [Part]

    init(_ key: String, _ node: Node, _ place: String) throws {
        object = try Manifest.Key(key)
        var fields = try Fields(node, "\(place) \(key)")
        var whole = Part(name: "")
        whole.parents = try fields.number("parents")
        whole.listeners = try fields.number("listeners")
        whole.attachedListenerSets = try fields.number("attachedListenerSets")
        if fields.keys.contains("addresses") {
            whole.addresses = fields.list("addresses").compactMap(\.string)
        }
        whole.supportedFeatures = fields.list("supportedFeatures").compactMap(\.string)
        let names = fields.keys.filter { $0.contains(" ") }
        parts = try names.map { name in
            var part = Part(name: name)
            var inner = try Fields(fields.take(name) ?? "", "\(place) \(key) \(name)")
            part.attachedRoutes = try inner.number("attachedRoutes")
            if inner.keys.contains("supportedKinds") {
                part.supportedKinds = inner.list("supportedKinds").compactMap(\.string)
            }
            try part.takeConditions(&inner)
            return part
        }
        try whole.takeConditions(&fields)
        parts.insert(whole, at: 0)
    }

    /// What is not as it must be; empty when all is.
    func problems(in statuses: [StatusDocument], _ names: Placeholders) -> [String] {
        guard let status = statuses.first(where: { $0.key == object }) else {
            return ["\(object) has no status"]
        }
        return parts.flatMap { $0.problems(in: status.status, names) }.map { "\(object) \($0)" }
    }
}

extension ObjectExpectation.Part {
    fileprivate mutating func takeConditions(_ fields: inout Fields) throws {
        observedGeneration = try fields.number("observedGeneration")
        for type in fields.keys { conditions.append((type, try fields.required(type))) }
    }

    fileprivate func problems(
        in status: StatusDocument.Status, _ names: Placeholders
    ) -> [String] {
        if name.isEmpty {
            return problems(conditions: status.conditions ?? [], of: "")
                + wholeProblems(status, names)
        }
        let words = name.split(separator: " ", maxSplits: 1).map(String.init)
        switch words[0] {
        case "listener":
            guard let listener = status.listeners?.first(where: { $0.name == words[1] }) else {
                return ["has no listener \(words[1])"]
            }
            return problems(conditions: listener.conditions, of: name)
                + listenerProblems(listener)
        case "parent", "ancestor":
            let entries = words[0] == "parent" ? status.parents : status.ancestors
            let found = (entries ?? []).filter {
                ($0.parentRef ?? $0.ancestorRef)?.is(words[1]) == true
            }
            guard let entry = found.first, found.count == 1 else {
                return ["has \(found.count) entries of \(name)"]
            }
            return problems(conditions: entry.conditions, of: name)
        default: return ["\(name) is no part of a status"]
        }
    }

    private func problems(
        conditions actual: [StatusDocument.Condition], of part: String
    ) -> [String] {
        var problems: [String] = []
        for (type, value) in conditions {
            let words = value.split(separator: " ").map(String.init)
            guard let condition = actual.first(where: { $0.type == type }) else {
                if value != "absent" { problems.append("\(part): no condition \(type)") }
                continue
            }
            let isRight =
                value != "absent" && condition.status == words[0]
                && (words.count == 1 || condition.reason == words[1])
            if !isRight {
                problems.append(
                    "\(part): \(type) is \(condition.status) \(condition.reason) "
                        + "(\(condition.message ?? "")), not \(value)")
            }
        }
        if let observedGeneration {
            if actual.isEmpty { problems.append("\(part): no conditions") }
            for condition in actual where condition.observedGeneration != observedGeneration {
                problems.append(
                    "\(part): \(condition.type) was judged for generation "
                        + "\(condition.observedGeneration.map(String.init) ?? "none")")
            }
        }
        return problems
    }

    private func wholeProblems(
        _ status: StatusDocument.Status, _ names: Placeholders
    ) -> [String] {
        var problems: [String] = []
        if let parents, status.parents?.count ?? 0 != parents {
            problems.append("has \(status.parents?.count ?? 0) parents, not \(parents)")
        }
        if let listeners, status.listeners?.count ?? 0 != listeners {
            problems.append("has \(status.listeners?.count ?? 0) listeners, not \(listeners)")
        }
        let wanted = addresses?.compactMap { try? names.fill($0) }
        if let wanted, (status.addresses ?? []).map(\.value) != wanted {
            problems.append("has the addresses \((status.addresses ?? []).map(\.value))")
        }
        if let attachedListenerSets, status.attachedListenerSets ?? 0 != attachedListenerSets {
            problems.append("has \(status.attachedListenerSets ?? 0) attached ListenerSets")
        }
        let features = (status.supportedFeatures ?? []).map(\.name)
        for feature in supportedFeatures where !features.contains(feature) {
            problems.append("does not support \(feature)")
        }
        if !supportedFeatures.isEmpty, features != features.sorted() {
            problems.append("lists its features in no order")
        }
        return problems
    }

    private func listenerProblems(_ listener: StatusDocument.Listener) -> [String] {
        var problems: [String] = []
        if let attachedRoutes, listener.attachedRoutes != attachedRoutes {
            problems.append(
                "\(name): attachedRoutes is \(listener.attachedRoutes), not \(attachedRoutes)")
        }
        let kinds = listener.supportedKinds.map(\.kind).sorted()
        if let supportedKinds, kinds != supportedKinds.sorted() {
            problems.append("\(name): supportedKinds are \(kinds)")
        }
        return problems
    }
}

/// An object's status, as the admin port tells it.
struct StatusDocument: Decodable {
    struct Condition: Decodable {
        var type: String
        var status: String
        var reason: String
        var message: String?
        var observedGeneration: Int?
    }

    struct Reference: Decodable {
        var kind: String?
        var namespace: String?
        var name: String
        var sectionName: String?
        var port: Int?

        /// Whether it is `NAME[/SECTION][:PORT]`.
        func `is`(_ text: String) -> Bool {
            var rest = text[...]
            if let colon = rest.lastIndex(of: ":") {
                guard rest[rest.index(after: colon)...] == "\(port ?? 0)" else { return false }
                rest = rest[..<colon]
            }
            let parts = rest.split(separator: "/")
            return parts.first.map { $0 == name } ?? false
                && (parts.count == 1 || parts[1] == sectionName ?? "")
        }
    }

    /// An entry of a route or a policy.
    struct Entry: Decodable {
        var parentRef: Reference?
        var ancestorRef: Reference?
        var conditions: [Condition]
    }

    struct Listener: Decodable {
        struct Kind: Decodable {
            var kind: String
        }

        var name: String
        var attachedRoutes: Int
        var supportedKinds: [Kind]
        var conditions: [Condition]
    }

    struct Address: Decodable {
        var value: String
    }

    struct Feature: Decodable {
        var name: String
    }

    struct Status: Decodable {
        var conditions: [Condition]?
        var parents: [Entry]?
        var ancestors: [Entry]?
        var listeners: [Listener]?
        var addresses: [Address]?
        var attachedListenerSets: Int?
        var supportedFeatures: [Feature]?
    }

    var kind: String
    var namespace: String
    var name: String
    var status: Status

    var key: Manifest.Key { Manifest.Key(kind: kind, namespace: namespace, name: name) }
}
