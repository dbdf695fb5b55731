import XDS

/// Routes as rows of a table: one row a route.
enum RouteText {
    /// The routes of route configurations and virtual hosts, and those that stand in listeners.
    static func rows(
        _ resources: [ProxyConfiguration.Resource], of whole: ProxyConfiguration, name: String?
    ) -> [[String]] {
        let split = Set(whole.resources.compactMap(\.routeConfiguration))
        let named = resources.flatMap { resource -> [[String]] in
            if let configuration = resource.routeConfiguration {
                return rows(host: resource.content, of: configuration)
            }
            let hosts = resource.content["virtualHosts"]?.elements ?? []
            // The virtual hosts of the configuration have rows of their own.
            if hosts.isEmpty && split.contains(resource.name) { return [] }
            return rows(hosts, of: resource.name)
        }
        return named + inline(whole, name: name)
    }

    private static func inline(_ whole: ProxyConfiguration, name: String?) -> [[String]] {
        whole.filtered([.listeners], name: nil).resources.flatMap { listener in
            ListenerRoutes(listener.content).inline.flatMap { routes -> [[String]] in
                let configuration = routes["name"]?.text ?? "-"
                if let name, !configuration.contains(name) { return [] }
                return rows(
                    routes["virtualHosts"]?.elements ?? [],
                    of: "\(configuration) (in \(listener.name))")
            }
        }
    }

    private static func rows(_ hosts: [JSON], of configuration: String) -> [[String]] {
        if hosts.isEmpty { return [[configuration, "-", "-", "-", "-"]] }
        return hosts.flatMap { rows(host: $0, of: configuration) }
    }

    private static func rows(host: JSON, of configuration: String) -> [[String]] {
        let name = host["name"]?.text ?? "-"
        // By VHDS the name begins with that of the route configuration.
        let shown =
            name.hasPrefix(configuration + "/")
            ? name.dropFirst(configuration.count + 1) : name[...]
        let domains = (host["domains"]?.elements ?? []).compactMap(\.text)
        let routes = host["routes"]?.elements ?? []
        let start = [configuration, String(shown), Self.domains(domains)]
        if routes.isEmpty { return [start + ["-", "-"]] }
        return routes.map { start + [match($0["match"] ?? .null), target($0)] }
    }

    /// The first domains; a Service has ten.
    private static func domains(_ domains: [String]) -> String {
        let shown = domains.prefix(2).joined(separator: ", ")
        return domains.count > 2 ? "\(shown) + \(domains.count - 2) more" : shown
    }

    // MARK: What a route matches

    private static func match(_ match: JSON) -> String {
        ([path(match)] + headers(match) + parameters(match)).joined(separator: " ")
    }

    private static func path(_ match: JSON) -> String {
        if let prefix = match["prefix"]?.text { return "\(prefix)*" }
        if let prefix = match["pathSeparatedPrefix"]?.text { return "\(prefix)/*" }
        if let path = match["path"]?.text { return path }
        if let regex = match[path: "safeRegex", "regex"]?.text { return "~\(regex)" }
        if match["connectMatcher"] != nil { return "CONNECT" }
        if let template = match["pathMatchPolicy"]?[path: "typedConfig", "pathTemplate"]?.text {
            return template
        }
        return "*"
    }

    private static func headers(_ match: JSON) -> [String] {
        (match["headers"]?.elements ?? []).map { header in
            let name = header["name"]?.text ?? ""
            let matcher = header["stringMatch"] ?? header
            let isPresent = header["presentMatch"] != nil
            let text = isPresent ? name : name + string(matcher)
            return header["invertMatch"]?.isTrue == true ? "!\(text)" : text
        }
    }

    private static func parameters(_ match: JSON) -> [String] {
        (match["queryParameters"]?.elements ?? []).map { parameter in
            let name = parameter["name"]?.text ?? ""
            return "?" + name + (parameter["stringMatch"].map(string) ?? "")
        }
    }

    /// A `StringMatcher`, or the older fields of a header matcher.
    private static func string(_ matcher: JSON) -> String {
        for name in ["exact", "exactMatch"] {
            if let value = matcher[name]?.text { return "=\(value)" }
        }
        for name in ["prefix", "prefixMatch"] {
            if let value = matcher[name]?.text { return "=\(value)*" }
        }
        for name in ["suffix", "suffixMatch"] {
            if let value = matcher[name]?.text { return "=*\(value)" }
        }
        for name in ["contains", "containsMatch"] {
            if let value = matcher[name]?.text { return "=*\(value)*" }
        }
        for name in ["safeRegex", "safeRegexMatch"] {
            if let value = matcher[path: name, "regex"]?.text { return "=~\(value)" }
        }
        return ""
    }

    // MARK: Where a route leads

    private static func target(_ route: JSON) -> String {
        if let action = route["route"] { return destination(action) }
        if let redirect = route["redirect"] { return self.redirect(redirect) }
        if let response = route["directResponse"] {
            return "respond \(response["status"]?.text ?? "0")"
        }
        return route["filterAction"] != nil ? "filter" : "-"
    }

    /// The clusters of a route action, or of a TCP proxy, with their weights.
    static func destination(_ action: JSON) -> String {
        if let cluster = action["cluster"]?.text { return cluster }
        if let header = action["clusterHeader"]?.text { return "cluster of header \(header)" }
        if action["clusterSpecifierPlugin"] != nil || action["inlineClusterSpecifierPlugin"] != nil
        {
            return "cluster specifier plugin"
        }
        let clusters = action[path: "weightedClusters", "clusters"]?.elements ?? []
        let texts = clusters.map { cluster in
            let name = cluster["name"]?.text ?? cluster["clusterHeader"]?.text ?? "-"
            return "\(name) (\(cluster["weight"]?.text ?? "0"))"
        }
        return texts.isEmpty ? "-" : texts.joined(separator: ", ")
    }

    private static func redirect(_ redirect: JSON) -> String {
        let codes = [
            "MOVED_PERMANENTLY": "301", "FOUND": "302", "SEE_OTHER": "303",
            "TEMPORARY_REDIRECT": "307", "PERMANENT_REDIRECT": "308",
        ]
        let code = codes[redirect["responseCode"]?.text ?? "MOVED_PERMANENTLY"] ?? "301"
        let isSecure = redirect["httpsRedirect"]?.isTrue == true
        let scheme = redirect["schemeRedirect"]?.text ?? (isSecure ? "https" : nil)
        let host = redirect["hostRedirect"]?.text
        let port = redirect["portRedirect"]?.text.map { ":\($0)" } ?? ""
        let path =
            redirect["pathRedirect"]?.text ?? redirect["prefixRewrite"]?.text.map { "\($0)*" } ?? ""
        let authority = host ?? (scheme == nil && port.isEmpty ? "" : "HOST")
        let place = (scheme.map { "\($0)://" } ?? "") + authority + port + path
        return place.isEmpty ? "redirect \(code)" : "redirect \(code) \(place)"
    }
}
