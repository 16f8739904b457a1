//! Round trips through the input types of every committed crate.

use mcpgen_tests_types::{report, round_trips};

/// Every tool of a crate; `$source` proves that the list is complete.
macro_rules! crates {
    ($($name:ident: $source:literal { $($tool:ident),+ $(,)? })+) => {
        $(
            #[test]
            fn $name() {
                let outcomes = [$(round_trips::<::$name::$tool>()),+];
                let source = include_str!($source);
                assert_eq!(source.matches("impl rt::Tool for ").count(), outcomes.len(), "a tool is not listed here");
                let valid: usize = outcomes.iter().map(|outcome| outcome.valid).sum();
                println!("{valid} instances of {} tools", outcomes.len());
                if let Some(text) = report(&outcomes) {
                    panic!("{text}");
                }
            }
        )+
    };
}

crates! {
    conformance: "../../../generated/conformance/src/tools.rs" {
        TestSimpleText,
        TestImageContent,
        TestAudioContent,
        TestEmbeddedResource,
        TestMultipleContentTypes,
        TestErrorHandling,
        TestToolWithProgress,
        TestToolWithLogging,
        TestLoggingTool,
        TestSampling,
        TestElicitation,
        TestElicitationSep1034Defaults,
        TestElicitationSep1330Enums,
        TestMissingCapability,
        TestStreamingElicitation,
        TestTriggerToolChange,
        TestTriggerPromptChange,
        TestTriggerResourceUpdate,
        TestInputRequiredResultElicitation,
        TestInputRequiredResultSampling,
        TestInputRequiredResultListRoots,
        TestInputRequiredResultRequestState,
        TestInputRequiredResultMultipleInputs,
        TestInputRequiredResultMultiRound,
        TestInputRequiredResultTamperedState,
        TestInputRequiredResultCapabilities,
        JsonSchema2020_12Tool,
        TestCustomHeader,
        TestReconnection,
        Greet,
        SlowCompute,
        FailingJob,
        ProtocolErrorJob,
        ConfirmDelete,
        MultiInput,
        TestToolWithTask,
    }
    kitchen_sink: "../../../generated/kitchen-sink/src/tools.rs" {
        PathSimple,
        PathSimpleExploded,
        PathLabel,
        PathMatrix,
        QueryForm,
        QueryExplodedObject,
        QueryDelimited,
        QueryJson,
        Headers,
        Cookies,
        BodyJson,
        BodyOptional,
        BodyList,
        BodyMergePatch,
        BodyForm,
        BodyMultipart,
        BodyBytes,
        BodyText,
        BodyXml,
        BodyXmlTyped,
        BodyLines,
        SecurityEvery,
        SecurityEither,
    }
    open_meteo: "../../../generated/open-meteo/src/tools.rs" {
        GetForecast,
        SearchPlaces,
    }
    petstore: "../../../generated/petstore/src/tools.rs" {
        ListPets,
        CreatePet,
        GetPet,
        UpdatePet,
        DeletePet,
        GetInventory,
        ListOwnerPets,
    }
    shapes: "../../../generated/shapes/src/tools.rs" {
        GetSelf,
        DeleteSelf,
        CreateTree,
        OptionTool,
    }
    weather: "../../../generated/weather/src/tools.rs" {
        GetTemperature,
        GetForecast,
    }
}
