import GatewayAPI

extension StatusTranslation {
    static func status(ofClass resource: Resource) -> ObjectStatus? {
        guard let content = resource.content as? GatewayClass,
            content.controllerName == TranslationOptions.controllerName
                || content.controllerName == TranslationOptions.waypointControllerName
        else { return nil }
        return ObjectStatus(conditions: [
            Condition(
                .accepted, .true, .accepted, message: "Gateways of this class are served",
                observedGeneration: resource.metadata.generation)
        ])
    }
}
