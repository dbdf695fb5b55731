import GatewayAPI
import HeddlePlugin
import XDS

/// Translates the filters of a rule that work on its routes as a whole.
enum FilterTranslation {
    /// Refuses combinations that the API does not have.
    static func check(_ filters: [HTTPRoute.Filter], path: String) throws(NotServed) {
        var seen: [HTTPRoute.FilterType] = []
        for (index, filter) in filters.enumerated() {
            if case .unknown(let spelling) = filter.type {
                throw NotServed("\(path)[\(index)].type", "filter \(spelling) is not known")
            }
            let mayRepeat = filter.type == .requestMirror || filter.type == .extensionRef
            if !mayRepeat, seen.contains(filter.type) {
                throw NotServed(
                    "\(path)[\(index)]", "a second \(filter.type) filter; merge the two",
                    reason: "IncompatibleFilters")
            }
            seen.append(filter.type)
        }
        if seen.contains(.requestRedirect), seen.contains(.urlRewrite) {
            throw NotServed(
                path, "a RequestRedirect and a URLRewrite cannot stand together; remove one",
                reason: "IncompatibleFilters")
        }
    }

    /// Applies a rule's filters to one of its routes; redirects, rewrites and mirrors are parts of
    /// the route's action already.
    static func apply(
        _ rule: Rule, to route: inout TranslatedRoute, _ translator: RuleTranslator
    ) throws(NotServed) {
        for (index, filter) in rule.filters.enumerated() {
            let field = "\(rule.path).filters[\(index)]"
            switch filter.type {
            case .requestHeaderModifier:
                guard let modifier = filter.requestHeaderModifier else { throw .missing(field) }
                route.route.requestHeadersToAdd += additions(modifier)
                route.route.requestHeadersToRemove += modifier.remove
            case .responseHeaderModifier:
                guard let modifier = filter.responseHeaderModifier else { throw .missing(field) }
                route.route.responseHeadersToAdd += additions(modifier)
                route.route.responseHeadersToRemove += modifier.remove
            case .cors:
                guard let cors = filter.cors else { throw .missing(field) }
                route.route.typedPerFilterConfig[HTTPFilter.cors.name] = .corsPolicy(
                    CORSTranslation.policy(cors))
            case .externalAuth:
                guard let auth = filter.externalAuth else { throw .missing(field) }
                try AuthorizationTranslation.apply(auth, field, to: &route, translator)
            case .extensionRef:
                guard let reference = filter.extensionRef else { throw .missing(field) }
                extend(reference, to: &route, translator)
            case .requestRedirect, .urlRewrite, .requestMirror, .unknown: continue
            }
        }
    }

    /// The first extension that is not there, for the status.
    static func unresolved(
        _ rule: Rule, _ translator: RuleTranslator
    ) -> RouteTranslation.Problem? {
        for (index, filter) in rule.filters.enumerated() where filter.type == .extensionRef {
            let field = "\(rule.path).filters[\(index)].extensionRef"
            guard let reference = filter.extensionRef else { continue }
            if case .failure(let problem) = resolve(reference, translator) {
                return .init(
                    reason: problem.reason, message: problem.message, fieldPath: field)
            }
        }
        return nil
    }

    private enum Extension {
        case success(any FilterPlugin, Resource)
        case failure(RouteTranslation.Problem)
    }

    private static func resolve(
        _ reference: LocalObjectReference, _ translator: RuleTranslator
    ) -> Extension {
        let kind = GroupKind(group: reference.group, kind: reference.kind)
        guard let plugin = translator.context.filterPlugin(kind) else {
            return .failure(
                .init(
                    reason: "InvalidKind",
                    message: "no plugin knows filters of kind \(kind); load one, or remove the "
                        + "filter", fieldPath: ""))
        }
        let target = ObjectReference(
            kind, namespace: translator.route.namespace, name: reference.name)
        guard let object = translator.context.object(target) else {
            return .failure(
                .init(
                    reason: "BackendNotFound",
                    message: "\(target) does not exist; create it or correct the name",
                    fieldPath: ""))
        }
        return .success(plugin, object)
    }

    /// A filter that cannot be applied must not be skipped: its requests get an error
    /// (HTTPRouteFilter.extensionRef).
    private static func extend(
        _ reference: LocalObjectReference, to route: inout TranslatedRoute,
        _ translator: RuleTranslator
    ) {
        if case .success(let plugin, let object) = resolve(reference, translator),
            plugin.apply(object, to: &route, context: translator.context) == nil
        {
            return
        }
        route.route.action = .directResponse(
            DirectResponseAction(
                status: 500, body: "a filter of the route is not there; see the route's status\n"))
    }

    /// What a modifier adds: `set` in the place of what is there, `add` beside it.
    static func additions(_ modifier: HTTPRoute.HeaderModifier) -> [HeaderValueOption] {
        modifier.set.map { HeaderValueOption(key: $0.name, value: $0.value, action: .overwrite) }
            + modifier.add.map { HeaderValueOption(key: $0.name, value: $0.value, action: .append) }
    }
}
