extension Condition {
    /// The condition as the API spells it. A time or generation that is not known is left out,
    /// although the API requires the time: whoever stores the status fills it in.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "type": .string(type.rawValue), "status": .string(status.rawValue),
            "reason": .string(reason.rawValue), "message": .string(message),
        ]
        members["observedGeneration"] = observedGeneration.map(JSONValue.integer)
        members["lastTransitionTime"] = lastTransitionTime.map(JSONValue.string)
        return .object(members)
    }
}

extension ParentReference {
    /// The reference as the API spells it, defaults written out.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "group": .string(group), "kind": .string(kind), "name": .string(name),
        ]
        members["namespace"] = namespace.map(JSONValue.string)
        members["sectionName"] = sectionName.map(JSONValue.string)
        members["port"] = port.map(JSONValue.integer)
        return .object(members)
    }
}

extension RouteParentStatus {
    /// The entry as the API spells it.
    public var json: JSONValue {
        [
            "parentRef": parentRef.json, "controllerName": .string(controllerName),
            "conditions": .array(conditions.map(\.json)),
        ]
    }
}

extension PolicyAncestorStatus {
    /// The entry as the API spells it.
    public var json: JSONValue {
        [
            "ancestorRef": ancestorRef.json, "controllerName": .string(controllerName),
            "conditions": .array(conditions.map(\.json)),
        ]
    }
}

extension ListenerStatus {
    /// The entry as the API spells it.
    public var json: JSONValue {
        let kinds = supportedKinds.map { kind -> JSONValue in
            ["group": .string(kind.group), "kind": .string(kind.kind)]
        }
        return [
            "name": .string(name), "attachedRoutes": .integer(attachedRoutes),
            "supportedKinds": .array(kinds), "conditions": .array(conditions.map(\.json)),
        ]
    }
}

extension ObjectStatus {
    /// The status as the API spells it; what is empty is left out.
    public var json: JSONValue {
        var members: [String: JSONValue] = [:]
        func set(_ key: String, _ values: [JSONValue]) {
            if !values.isEmpty { members[key] = .array(values) }
        }
        set("conditions", conditions.map(\.json))
        set("parents", parents.map(\.json))
        set("ancestors", ancestors.map(\.json))
        set("listeners", listeners.map(\.json))
        set("addresses", addressesJSON)
        set("supportedFeatures", supportedFeaturesJSON)
        members["attachedListenerSets"] = attachedListenerSets.map(JSONValue.integer)
        return .object(members)
    }

    /// The addresses as the API spells them; one without a value is not assigned, so not told.
    var addressesJSON: [JSONValue] {
        addresses.compactMap { address in
            address.value.map { ["type": .string(address.type.rawValue), "value": .string($0)] }
        }
    }

    /// The features as the API spells them, in the order that it asks for.
    var supportedFeaturesJSON: [JSONValue] {
        supportedFeatures.sorted().map { ["name": .string($0)] }
    }
}

// MARK: - Reading

extension ParentReference {
    /// Reads a reference as the API spells it; nil when it names nothing.
    public init?(json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.init(name: name)
        group = json["group"]?.string ?? group
        kind = json["kind"]?.string ?? kind
        namespace = json["namespace"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        sectionName = json["sectionName"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        port = json["port"]?.integer
    }
}

extension Condition {
    /// Reads a condition as the API spells it; nil when it has no type or no status of the API's.
    public init?(json: JSONValue) {
        guard let type = json["type"]?.string,
            let status = json["status"]?.string.flatMap(Status.init(rawValue:))
        else { return nil }
        self.init(
            ConditionType(rawValue: type), status,
            ConditionReason(rawValue: json["reason"]?.string ?? ""),
            message: json["message"]?.string ?? "",
            observedGeneration: json["observedGeneration"]?.integer,
            lastTransitionTime: json["lastTransitionTime"]?.string)
    }
}
