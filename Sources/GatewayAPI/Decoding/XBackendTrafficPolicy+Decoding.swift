extension XBackendTrafficPolicy: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(targetRefs: reader.array("targetRefs", 1...16))
        retryConstraint = reader.object("retryConstraint")
        sessionPersistence = reader.object("sessionPersistence")
        var seen: Set<PolicyTargetReference> = []
        for (index, target) in targetRefs.enumerated() where !seen.insert(target).inserted {
            reader.report(
                .duplicate, at: "targetRefs[\(index)]", "this target stands twice; remove one")
        }
    }
}

extension XBackendTrafficPolicy.RetryConstraint: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        budget = reader.object("budget") ?? budget
        minRetryRate = reader.object("minRetryRate") ?? minRetryRate
    }
}

extension XBackendTrafficPolicy.Budget: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        percent = reader.integer("percent", in: 0...100) ?? percent
        interval = reader.duration("interval") ?? interval
        if interval < .seconds(1) || interval > .seconds(3600) {
            reader.report(
                .outOfRange, at: "interval", "expected a duration from 1s to 1h, as in 10s")
        }
    }
}

extension XBackendTrafficPolicy.RequestRate: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init()
        count = reader.integer("count", in: 1...1_000_000) ?? count
        interval = reader.duration("interval") ?? interval
        if interval == .zero || interval > .seconds(3600) {
            reader.report(
                .outOfRange, at: "interval",
                "expected a duration of more than 0s and at most 1h, as in 1s")
        }
    }
}
