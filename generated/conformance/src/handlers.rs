//! The handlers of `conformance`. This file is yours: mcpgen created it once and does not touch it again.

use std::time::Duration;

use conformance::*;
use mcpgen_runtime as rt;
use mcpgen_runtime::codegen::{Deserialize, Serialize};

use crate::forms;

/// What answers the calls.
#[derive(Debug)]
pub struct Handlers;

/// What forms of one name answer.
#[derive(Deserialize)]
#[serde(crate = "rt::codegen::serde")]
struct Named {
    name: String,
}

/// What `test://template/{id}/data` holds.
#[derive(Serialize)]
#[serde(crate = "rt::codegen::serde", rename_all = "camelCase")]
struct Data {
    id: String,
    template_test: bool,
    data: String,
}

/// About what the suite asks for between two notifications.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn embedded(uri: &str, mime_type: &str, text: &str) -> rt::Block {
    let (uri, mime_type, body) = (uri.to_owned(), Some(mime_type.to_owned()), rt::Body::Text(text.to_owned()));
    rt::Block::Resource { resource: rt::ResourceContents { uri, mime_type, body } }
}

fn message(content: rt::Block) -> rt::PromptMessage {
    rt::PromptMessage { role: rt::Role::User, content }
}

/// What a person did, in words.
fn spoken(answer: &rt::Elicited) -> String {
    match answer {
        rt::Elicited::Accepted(content) => format!("action=accept, content={}", content.as_str()),
        rt::Elicited::Declined => "action=decline".to_owned(),
        _ => "action=cancel".to_owned(),
    }
}

impl Conformance for Handlers {
    async fn test_simple_text(&self, _cx: &rt::Context, _input: TestSimpleTextInput) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::text("This is a simple text response for testing."))
    }

    async fn test_image_content(
        &self,
        _cx: &rt::Context,
        _input: TestImageContentInput,
    ) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::new().with(forms::image()))
    }

    async fn test_audio_content(
        &self,
        _cx: &rt::Context,
        _input: TestAudioContentInput,
    ) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::new().with(forms::sound()))
    }

    async fn test_embedded_resource(
        &self,
        _cx: &rt::Context,
        _input: TestEmbeddedResourceInput,
    ) -> Result<rt::Content, rt::Error> {
        let text = "This is an embedded resource content.";
        Ok(rt::Content::new().with(embedded("test://embedded-resource", "text/plain", text)))
    }

    async fn test_multiple_content_types(
        &self,
        _cx: &rt::Context,
        _input: TestMultipleContentTypesInput,
    ) -> Result<rt::Content, rt::Error> {
        let json = r#"{"test":"data","value":123}"#;
        Ok(rt::Content::text("Multiple content types test:").with(forms::image()).with(embedded(
            "test://mixed-content-resource",
            "application/json",
            json,
        )))
    }

    async fn test_error_handling(
        &self,
        _cx: &rt::Context,
        _input: TestErrorHandlingInput,
    ) -> Result<rt::Content, TestErrorHandlingError> {
        Err(TestErrorHandlingError::Intended)
    }

    async fn test_tool_with_progress(
        &self,
        cx: &rt::Context,
        _input: TestToolWithProgressInput,
    ) -> Result<rt::Content, rt::Error> {
        for done in [0.0, 50.0, 100.0] {
            cx.progress(done, Some(100.0), None);
            pause().await;
        }
        Ok(rt::Content::text("Progress has been reported."))
    }

    async fn test_tool_with_logging(
        &self,
        cx: &rt::Context,
        _input: TestToolWithLoggingInput,
    ) -> Result<rt::Content, rt::Error> {
        for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
            cx.log(rt::LogLevel::Info, None, message);
            pause().await;
        }
        Ok(rt::Content::text("Messages have been logged."))
    }

    async fn test_logging_tool(
        &self,
        cx: &rt::Context,
        _input: TestLoggingToolInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.log(rt::LogLevel::Info, None, "The tool runs");
        Ok(rt::Content::text("A message has been logged where it was asked for."))
    }

    async fn test_sampling(&self, cx: &rt::Context, input: TestSamplingInput) -> Result<rt::Content, rt::Error> {
        let said = cx.sample("answer", rt::Sample::user(input.prompt, 100)).await?;
        Ok(rt::Content::text(format!("LLM response: {}", said.text())))
    }

    async fn test_elicitation(&self, cx: &rt::Context, input: TestElicitationInput) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("account", &input.message, forms::account()).await?;
        Ok(rt::Content::text(format!("User response: {}", spoken(&answer))))
    }

    async fn test_elicitation_sep1034_defaults(
        &self,
        cx: &rt::Context,
        _input: TestElicitationSep1034DefaultsInput,
    ) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("form", "Please review the defaults", forms::defaults()).await?;
        Ok(rt::Content::text(format!("Elicitation completed: {}", spoken(&answer))))
    }

    async fn test_elicitation_sep1330_enums(
        &self,
        cx: &rt::Context,
        _input: TestElicitationSep1330EnumsInput,
    ) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("form", "Please choose", forms::choices()).await?;
        Ok(rt::Content::text(format!("Elicitation completed: {}", spoken(&answer))))
    }

    async fn test_missing_capability(
        &self,
        cx: &rt::Context,
        _input: TestMissingCapabilityInput,
    ) -> Result<rt::Content, rt::Error> {
        let said = cx.sample("answer", rt::Sample::user("Say something.", 100)).await?;
        Ok(rt::Content::text(said.text()))
    }

    async fn test_streaming_elicitation(
        &self,
        cx: &rt::Context,
        _input: TestStreamingElicitationInput,
    ) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("confirm", "Go on?", forms::one_decision("ok")).await?;
        Ok(rt::Content::text(spoken(&answer)))
    }

    async fn test_trigger_tool_change(
        &self,
        cx: &rt::Context,
        _input: TestTriggerToolChangeInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.notifier().tools_changed();
        Ok(rt::Content::text("The list of tools has changed."))
    }

    async fn test_trigger_prompt_change(
        &self,
        cx: &rt::Context,
        _input: TestTriggerPromptChangeInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.notifier().prompts_changed();
        Ok(rt::Content::text("The list of prompts has changed."))
    }

    async fn test_trigger_resource_update(
        &self,
        cx: &rt::Context,
        _input: TestTriggerResourceUpdateInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.notifier().resource_updated("test://watched-resource");
        Ok(rt::Content::text("The resource has changed."))
    }

    async fn test_input_required_result_elicitation(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultElicitationInput,
    ) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("user_name", "What is your name?", forms::one_text("name")).await?;
        let Named { name } = rt::Args::from(answer.accepted()?).decode()?;
        Ok(rt::Content::text(format!("Hello, {name}!")))
    }

    async fn test_input_required_result_sampling(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultSamplingInput,
    ) -> Result<rt::Content, rt::Error> {
        let question = rt::Sample::user("What is the capital of France?", 100);
        let said = cx.sample("capital_question", question).await?;
        Ok(rt::Content::text(said.text()))
    }

    async fn test_input_required_result_list_roots(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultListRootsInput,
    ) -> Result<rt::Content, rt::Error> {
        let roots = cx.roots("client_roots").await?;
        let uris: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
        Ok(rt::Content::text(format!("Roots: {}", uris.join(", "))))
    }

    async fn test_input_required_result_request_state(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultRequestStateInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.elicit("confirm", "Please confirm", forms::one_decision("ok")).await?.accepted()?;
        // Without the state that came with the question, the runtime would not have gone on with the answer of a
        // later round; with a changed one it refuses the request.
        Ok(rt::Content::text("state-ok"))
    }

    async fn test_input_required_result_multiple_inputs(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultMultipleInputsInput,
    ) -> Result<rt::Content, rt::Error> {
        let (name, greeting, roots) = rt::try_join!(
            cx.elicit("user_name", "What is your name?", forms::one_text("name")),
            cx.sample("greeting", rt::Sample::user("Generate a greeting", 50)),
            cx.roots("client_roots"),
        )?;
        let Named { name } = rt::Args::from(name.accepted()?).decode()?;
        Ok(rt::Content::text(format!("{} {name} has {} roots.", greeting.text(), roots.len())))
    }

    async fn test_input_required_result_multi_round(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultMultiRoundInput,
    ) -> Result<rt::Content, rt::Error> {
        let first = cx.elicit("step1", "Step 1: What is your name?", forms::one_text("name")).await?;
        let Named { name } = rt::Args::from(first.accepted()?).decode()?;
        let question = format!("Step 2: What is your favorite color, {name}?");
        let second = cx.elicit("step2", &question, forms::one_text("color")).await?;
        Ok(rt::Content::text(format!("{name}: {}", spoken(&second))))
    }

    async fn test_input_required_result_tampered_state(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultTamperedStateInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.elicit("confirm", "Please confirm", forms::one_decision("ok")).await?.accepted()?;
        Ok(rt::Content::text("The state was not changed."))
    }

    async fn test_input_required_result_capabilities(
        &self,
        cx: &rt::Context,
        _input: TestInputRequiredResultCapabilitiesInput,
    ) -> Result<rt::Content, rt::Error> {
        let person = async {
            match cx.can_elicit() {
                true => cx.elicit("user_name", "What is your name?", forms::one_text("name")).await.map(Some),
                false => Ok(None),
            }
        };
        let model = async {
            match cx.can_sample() {
                true => cx.sample("greeting", rt::Sample::user("Generate a greeting", 50)).await.map(Some),
                false => Ok(None),
            }
        };
        let roots = async {
            match cx.has_roots() {
                true => cx.roots("client_roots").await.map(Some),
                false => Ok(None),
            }
        };
        let (person, model, roots) = rt::try_join!(person, model, roots)?;
        let answers = [person.is_some(), model.is_some(), roots.is_some()];
        let count = answers.into_iter().filter(|answered| *answered).count();
        Ok(rt::Content::text(format!("{count} questions were answered.")))
    }

    async fn json_schema_2020_12_tool(
        &self,
        _cx: &rt::Context,
        _input: JsonSchema2020_12ToolInput,
    ) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::text("The arguments are valid."))
    }

    async fn test_custom_header(
        &self,
        _cx: &rt::Context,
        input: TestCustomHeaderInput,
    ) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::text(input.value))
    }

    async fn test_reconnection(
        &self,
        cx: &rt::Context,
        _input: TestReconnectionInput,
    ) -> Result<rt::Content, rt::Error> {
        cx.close_stream(Some(Duration::from_millis(200)));
        pause().await;
        Ok(rt::Content::text("The client has come back for this."))
    }

    async fn greet(&self, _cx: &rt::Context, input: GreetInput) -> Result<rt::Content, rt::Error> {
        Ok(rt::Content::text(format!("Hello, {}!", input.name)))
    }

    async fn slow_compute(&self, cx: &rt::Context, input: SlowComputeInput) -> Result<rt::Content, rt::Error> {
        if input.seconds > 0.0 {
            cx.begin_task()?;
        }
        let (steps, label) = (10.0 * input.seconds, input.label.unwrap_or_default());
        let mut step = 0.0;
        while step < steps {
            step += 1.0;
            cx.progress(step, Some(steps), Some(&format!("{label} at {step:.0} of {steps:.0}")));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(rt::Content::text(format!("{label} took {} s", input.seconds)))
    }

    async fn failing_job(&self, _cx: &rt::Context, _input: FailingJobInput) -> Result<rt::Content, FailingJobError> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err(FailingJobError::JobFailed)
    }

    async fn protocol_error_job(
        &self,
        cx: &rt::Context,
        _input: ProtocolErrorJobInput,
    ) -> Result<rt::Content, rt::Error> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The clients of the suite's task scenarios have no roots.
        let roots = cx.roots("roots").await?;
        Ok(rt::Content::text(format!("{} roots", roots.len())))
    }

    async fn confirm_delete(&self, cx: &rt::Context, input: ConfirmDeleteInput) -> Result<rt::Content, rt::Error> {
        let question = format!("Delete {}?", input.filename);
        let answer = cx.elicit("confirm", &question, forms::one_decision("confirm")).await?;
        Ok(rt::Content::text(spoken(&answer)))
    }

    async fn multi_input(&self, cx: &rt::Context, _input: MultiInputInput) -> Result<rt::Content, rt::Error> {
        let (name, confirmed) = rt::try_join!(
            cx.elicit("name", "What is your name?", forms::one_text("name")),
            cx.elicit("confirm", "Go on?", forms::one_decision("confirm")),
        )?;
        Ok(rt::Content::text(format!("{}; {}", spoken(&name), spoken(&confirmed))))
    }

    async fn test_tool_with_task(
        &self,
        cx: &rt::Context,
        _input: TestToolWithTaskInput,
    ) -> Result<rt::Content, rt::Error> {
        let answer = cx.elicit("user_name", "What is your name?", forms::one_text("name")).await?;
        let Named { name } = rt::Args::from(answer.accepted()?).decode()?;
        cx.begin_task()?;
        pause().await;
        Ok(rt::Content::text(format!("Hello, {name}!")))
    }

    async fn template_data(
        &self,
        _cx: &rt::Context,
        variables: TemplateDataVariables,
    ) -> Result<rt::Contents, rt::Error> {
        let id = variables.id;
        let json = rt::RawJson::encode(&Data { data: format!("Data for ID: {id}"), id, template_test: true })
            .map_err(|error| rt::Error::new(rt::ErrorKind::Internal, error.to_string()))?;
        Ok(json.as_str().into())
    }

    async fn static_text(&self, _cx: &rt::Context) -> Result<rt::Contents, rt::Error> {
        Ok("This is the content of the static text resource.".into())
    }

    async fn static_binary(&self, _cx: &rt::Context) -> Result<rt::Contents, rt::Error> {
        Ok(include_bytes!("pixel.png").to_vec().into())
    }

    async fn watched_resource(&self, _cx: &rt::Context) -> Result<rt::Contents, rt::Error> {
        Ok("This resource can be watched.".into())
    }

    async fn test_prompt_with_embedded_resource(
        &self,
        _cx: &rt::Context,
        arguments: TestPromptWithEmbeddedResourceArguments,
    ) -> Result<Vec<rt::PromptMessage>, rt::Error> {
        let text = "Embedded resource content for testing.";
        Ok(vec![
            message(embedded(&arguments.resource_uri, "text/plain", text)),
            rt::PromptMessage::user("Please process the embedded resource above."),
        ])
    }

    async fn test_prompt_with_image(
        &self,
        _cx: &rt::Context,
        _arguments: TestPromptWithImageArguments,
    ) -> Result<Vec<rt::PromptMessage>, rt::Error> {
        Ok(vec![message(forms::image()), rt::PromptMessage::user("Please analyze the image above.")])
    }

    async fn test_input_required_result_prompt(
        &self,
        cx: &rt::Context,
        _arguments: TestInputRequiredResultPromptArguments,
    ) -> Result<Vec<rt::PromptMessage>, rt::Error> {
        let question = "What context should the prompt use?";
        let answer = cx.elicit("user_context", question, forms::one_text("context")).await?;
        Ok(vec![rt::PromptMessage::user(format!("Use this context: {}", spoken(&answer)))])
    }
}
