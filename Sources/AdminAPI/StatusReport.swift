/// What `GET /status` of `heddled` answers, and `heddlectl status` shows.
package struct StatusReport: Codable, Equatable, Sendable {
    /// A condition of an object.
    package struct Condition: Codable, Equatable, Sendable {
        package var type: String
        /// `True`, `False` or `Unknown`.
        package var status: String
        package var reason: String
        package var message: String
        /// The generation that was judged, where the object has one.
        package var observedGeneration: Int?
        /// When the status last changed, UTC, RFC 3339.
        package var lastTransitionTime: String?

        package init(
            type: String, status: String, reason: String, message: String,
            observedGeneration: Int? = nil, lastTransitionTime: String? = nil
        ) {
            self.type = type
            self.status = status
            self.reason = reason
            self.message = message
            self.observedGeneration = observedGeneration
            self.lastTransitionTime = lastTransitionTime
        }
    }

    /// The conditions of a part of an object: a route's parent, or a Gateway's listener.
    package struct Part: Codable, Equatable, Sendable {
        /// The parent or listener, such as `Service reviews:9080` or `http`.
        package var name: String
        package var conditions: [Condition]
        /// Of a listener: how many routes are attached.
        package var attachedRoutes: Int?
        /// Of a parent or an ancestor: the controller that judged.
        package var controller: String?

        package init(
            name: String, conditions: [Condition], attachedRoutes: Int? = nil,
            controller: String? = nil
        ) {
            self.name = name
            self.conditions = conditions
            self.attachedRoutes = attachedRoutes
            self.controller = controller
        }
    }

    /// What became of an object.
    package struct Object: Codable, Equatable, Sendable {
        package var kind: String
        package var namespace: String
        package var name: String
        /// File and line, where it came from a file.
        package var location: String?
        package var conditions: [Condition]
        package var parts: [Part]
        /// Of a Gateway: the addresses that are bound.
        package var addresses: [String]?

        package init(
            kind: String, namespace: String, name: String, location: String?,
            conditions: [Condition], parts: [Part], addresses: [String]? = nil
        ) {
            self.addresses = addresses
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.location = location
            self.conditions = conditions
            self.parts = parts
        }
    }

    /// One type of resource at one proxy.
    package struct ResourceTypeStatus: Codable, Equatable, Sendable {
        /// `CDS`, `EDS`, `SDS`, `LDS`, `RDS`, `VHDS`, or the name of another message.
        package var type: String
        /// `SYNCED`, `STALE` (sent, not yet acknowledged), `NACKED`, or `NOT_SENT` (asked for, and
        /// nothing sent yet).
        package var state: String
        /// The version of the latest response, where one has been sent.
        package var version: String?
        /// When a response was last acknowledged, UTC, RFC 3339; nil where none ever was.
        package var lastAcknowledged: String?
        package var resources: Int
        package var sent: Int
        package var acknowledged: Int
        /// The proxy's reason, where the last answer was a refusal.
        package var rejection: String?

        package init(
            type: String, state: String, version: String? = nil, lastAcknowledged: String? = nil,
            resources: Int, sent: Int, acknowledged: Int, rejection: String?
        ) {
            self.type = type
            self.state = state
            self.version = version
            self.lastAcknowledged = lastAcknowledged
            self.resources = resources
            self.sent = sent
            self.acknowledged = acknowledged
            self.rejection = rejection
        }
    }

    /// A connected proxy.
    package struct Proxy: Codable, Equatable, Sendable {
        package var node: String
        /// The gateway it serves, `NAMESPACE/NAME`, or `mesh`.
        package var group: String
        package var address: String
        /// Its SPIFFE ID, where mutual TLS has shown one.
        package var identity: String?
        package var userAgent: String
        /// `delta` or `sotw`.
        package var stream: String
        /// When the stream began, UTC, RFC 3339.
        package var connectedAt: String?
        /// Whether a gateway of that name is known.
        package var isKnown: Bool
        package var types: [ResourceTypeStatus]

        package init(
            node: String, group: String, address: String, identity: String? = nil,
            userAgent: String, stream: String, connectedAt: String? = nil, isKnown: Bool,
            types: [ResourceTypeStatus]
        ) {
            self.node = node
            self.group = group
            self.address = address
            self.identity = identity
            self.userAgent = userAgent
            self.stream = stream
            self.connectedAt = connectedAt
            self.isKnown = isKnown
            self.types = types
        }
    }

    /// An update that a proxy refused.
    package struct Refusal: Codable, Equatable, Sendable {
        /// UTC, ISO 8601.
        package var time: String
        package var node: String
        package var type: String
        package var reason: String

        package init(time: String, node: String, type: String, reason: String) {
            self.time = time
            self.node = node
            self.type = type
            self.reason = reason
        }
    }

    /// Something wrong with a manifest.
    package struct Problem: Codable, Equatable, Sendable {
        /// `error` or `warning`.
        package var severity: String
        /// The whole line, with file, line, object and field.
        package var text: String

        package init(severity: String, text: String) {
            self.severity = severity
            self.text = text
        }
    }

    /// The program's version.
    package var version: String
    package var objects: [Object]
    package var problems: [Problem]
    package var proxies: [Proxy]
    /// The latest refusals, oldest first; at most 100.
    package var refusals: [Refusal]

    package init(
        version: String, objects: [Object], problems: [Problem], proxies: [Proxy],
        refusals: [Refusal]
    ) {
        self.version = version
        self.objects = objects
        self.problems = problems
        self.proxies = proxies
        self.refusals = refusals
    }
}

/// The version of Heddle's programs.
package let heddleVersion = "0.1.0"
