/// The status to write in place of the present one: what a controller has judged put into it, and
/// what others have written left as it is.
///
/// By the rules of the API (section "Conditions" of its implementers' guide): of `parents` and
/// `ancestors`, only entries with a name of the controller's are its own; those of others keep their
/// content and their order. There is one entry for each parent judged, and none for a parent that is
/// no longer named. Of conditions, those of a type that the API does not define stay. What was judged
/// at a higher `observedGeneration` than the controller knows is newer, and stays. A time moves when
/// the status of its condition changes. When nothing has changed, the result equals `existing`.
///
/// The limits of the API hold: 32 parents, 16 ancestors, 8 conditions in a list; what does not fit
/// is not written.
///
/// - Parameters:
///   - existing: The present `status` of the object; nil when it has none.
///   - ours: What was judged. Without conditions, addresses, listeners and features are none of the
///     controller's business and stay; an empty status withdraws the controller's entries.
///   - controllerNames: The names whose entries are the controller's own, beside those in `ours`.
///   - now: The present time, RFC 3339 in UTC.
public func mergedStatus(
    existing: JSONValue?, ours: ObjectStatus, controllerNames: Set<String>, now: String
) -> JSONValue {
    StatusMerger(ours: ours, controllerNames: controllerNames, now: now).merged(into: existing)
}

/// Puts what one controller has judged into a status that several write.
private struct StatusMerger {
    private static let maximumConditions = 8
    private static let maximumMessageLength = 32_768
    private static let ownTypes: Set<ConditionType> = [
        .accepted, .programmed, .resolvedRefs, .partiallyInvalid, .conflicted,
        .overlappingTLSConfig, .supportedVersion, .insecureFrontendValidationMode, .waypointBound,
    ]

    let ours: ObjectStatus
    let controllerNames: Set<String>
    let now: String
    /// The generation that was judged; nil when no condition names one.
    let generation: Int?

    init(ours: ObjectStatus, controllerNames: Set<String>, now: String) {
        self.ours = ours
        self.now = now
        let names = ours.parents.map(\.controllerName) + ours.ancestors.map(\.controllerName)
        self.controllerNames = controllerNames.union(names)
        let conditions =
            ours.conditions + ours.parents.flatMap(\.conditions)
            + ours.ancestors.flatMap(\.conditions) + ours.listeners.flatMap(\.conditions)
        generation = conditions.compactMap(\.observedGeneration).max()
    }

    func merged(into existing: JSONValue?) -> JSONValue {
        var members = existing?.object ?? [:]
        mergeWhole(into: &members)
        mergeEntries(
            "parents", reference: "parentRef", limit: 32,
            ours.parents.map { Entry($0.parentRef, $0.controllerName, $0.conditions, $0.json) },
            into: &members)
        mergeEntries(
            "ancestors", reference: "ancestorRef", limit: 16,
            ours.ancestors.map { Entry($0.ancestorRef, $0.controllerName, $0.conditions, $0.json) },
            into: &members)
        return .object(members)
    }

    // MARK: The object as a whole

    /// What belongs to the one controller of a Gateway, a ListenerSet, a class or a mesh.
    private func mergeWhole(into members: inout [String: JSONValue]) {
        let present = members["conditions"]?.array ?? []
        guard !ours.conditions.isEmpty else {
            let kept = present.filter { $0["type"]?.string != ConditionType.waypointBound.rawValue }
            if kept.count != present.count { members["conditions"] = .array(kept) }
            return
        }
        guard !isNewer(present) else { return }
        members["conditions"] = .array(merged(ours.conditions, into: present))
        let listeners = mergedListeners(into: members["listeners"]?.array ?? [])
        members["listeners"] = listeners.isEmpty ? nil : .array(listeners)
        let addresses = ours.addressesJSON
        members["addresses"] = addresses.isEmpty ? nil : .array(addresses)
        let features = ours.supportedFeaturesJSON
        members["supportedFeatures"] = features.isEmpty ? nil : .array(features)
        members["attachedListenerSets"] = ours.attachedListenerSets.map(JSONValue.integer)
    }

    private func mergedListeners(into existing: [JSONValue]) -> [JSONValue] {
        ours.listeners.map { listener in
            let present = existing.first { $0["name"]?.string == listener.name }
            var members = present?.object ?? [:]
            members.merge(listener.json.object ?? [:]) { _, new in new }
            members["conditions"] = .array(
                merged(listener.conditions, into: present?["conditions"]?.array ?? []))
            return .object(members)
        }
    }

    // MARK: Entries of parents and ancestors

    /// What was judged for one parent or ancestor.
    private struct Entry {
        var reference: ParentReference
        var controllerName: String
        var conditions: [Condition]
        var json: JSONValue

        init(
            _ reference: ParentReference, _ controllerName: String, _ conditions: [Condition],
            _ json: JSONValue
        ) {
            self.reference = reference
            self.controllerName = controllerName
            self.conditions = conditions
            self.json = json
        }
    }

    private func mergeEntries(
        _ key: String, reference referenceKey: String, limit: Int, _ entries: [Entry],
        into members: inout [String: JSONValue]
    ) {
        guard !entries.isEmpty || members[key]?.array != nil else { return }
        var rest: [Entry] = []
        for entry in entries where !rest.contains(where: { isSame($0, entry) }) {
            rest.append(entry)
        }
        var result: [JSONValue] = []
        for present in members[key]?.array ?? [] {
            guard let name = present["controllerName"]?.string, controllerNames.contains(name)
            else {
                result.append(present)
                continue
            }
            let reference = present[referenceKey].flatMap(ParentReference.init(json:))
            let index = rest.firstIndex {
                $0.reference == reference && $0.controllerName == name
            }
            let conditions = present["conditions"]?.array ?? []
            let judged = index.map { rest.remove(at: $0) }
            if isNewer(conditions) {
                result.append(present)
            } else if let judged {
                var updated = present.object ?? [:]
                updated["conditions"] = .array(merged(judged.conditions, into: conditions))
                result.append(.object(updated))
            }
        }
        for entry in rest where result.count < limit {
            var added = entry.json.object ?? [:]
            added["conditions"] = .array(merged(entry.conditions, into: []))
            result.append(.object(added))
        }
        members[key] = .array(result)
    }

    private func isSame(_ first: Entry, _ second: Entry) -> Bool {
        first.reference == second.reference && first.controllerName == second.controllerName
    }

    // MARK: Conditions

    /// Whether conditions of our own were judged at a generation that we do not know yet.
    private func isNewer(_ conditions: [JSONValue]) -> Bool {
        guard let generation else { return false }
        return conditions.contains { condition in
            guard let type = condition["type"]?.string else { return false }
            return Self.ownTypes.contains(ConditionType(rawValue: type))
                && condition["observedGeneration"]?.integer ?? 0 > generation
        }
    }

    private func merged(_ conditions: [Condition], into existing: [JSONValue]) -> [JSONValue] {
        var rest: [Condition] = []
        for condition in conditions where !rest.contains(where: { $0.type == condition.type }) {
            rest.append(condition)
        }
        let judged = Set(rest.map(\.type))
        var result: [JSONValue] = []
        for present in existing {
            guard let type = present["type"]?.string.map(ConditionType.init(rawValue:)) else {
                result.append(present)
                continue
            }
            if let index = rest.firstIndex(where: { $0.type == type }) {
                result.append(updated(present, with: rest.remove(at: index)))
            } else if !judged.contains(type), !Self.ownTypes.contains(type) {
                result.append(present)
            }
        }
        let free = max(0, Self.maximumConditions - result.count)
        return result + rest.prefix(free).map { updated([:], with: $0) }
    }

    private func updated(_ present: JSONValue, with condition: Condition) -> JSONValue {
        if let judged = condition.observedGeneration,
            let newer = present["observedGeneration"]?.integer, newer > judged
        {
            return present
        }
        var condition = condition
        if condition.message.unicodeScalars.count > Self.maximumMessageLength {
            condition.message = String(
                condition.message.unicodeScalars.prefix(Self.maximumMessageLength - 1))
            condition.message += "…"
        }
        let isSame = present["status"]?.string == condition.status.rawValue
        let time = isSame ? present["lastTransitionTime"]?.string : nil
        condition.lastTransitionTime = time ?? now
        return condition.json
    }
}
