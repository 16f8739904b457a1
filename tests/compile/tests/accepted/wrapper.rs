//! A struct around any handlers that delegates every method: what it does not delegate would be its own.

use mcpgen_runtime::{Contents, Context, Error};
use serde_json::json;
use weather::{
    CurrentWeatherError, CurrentWeatherVariables, Forecast, GetForecastInput, GetTemperatureInput, Temperature,
    Weather, WeatherError,
};

/// Knows one city.
struct Table;

impl Weather for Table {
    async fn get_temperature(&self, _: &Context, input: GetTemperatureInput) -> Result<Temperature, WeatherError> {
        if input.city != "Tokyo" {
            return Err(WeatherError::NotFound { city: input.city });
        }
        Ok(Temperature { city: input.city, temperature: 22.0, unit: input.unit })
    }

    async fn get_forecast(&self, _: &Context, input: GetForecastInput) -> Result<Forecast, WeatherError> {
        Ok(Forecast { city: input.city, days: Vec::new() })
    }

    async fn current_weather(&self, _: &Context, _: CurrentWeatherVariables) -> Result<Contents, CurrentWeatherError> {
        Ok("sunny".into())
    }

    async fn cities(&self, _: &Context) -> Result<Contents, Error> {
        Ok(r#"["tokyo"]"#.into())
    }

    async fn complete_city(&self, _: &Context, _: &str) -> Vec<String> {
        vec!["tokyo".to_owned()]
    }
}

/// Knows cities under their old names, too.
struct OldNames<H>(H);

impl<H> OldNames<H> {
    fn today(city: String) -> String {
        if city == "Edo" { "Tokyo".to_owned() } else { city }
    }
}

impl<H: Weather> Weather for OldNames<H> {
    async fn get_temperature(&self, cx: &Context, input: GetTemperatureInput) -> Result<Temperature, WeatherError> {
        self.0.get_temperature(cx, GetTemperatureInput { city: Self::today(input.city), ..input }).await
    }

    async fn get_forecast(&self, cx: &Context, input: GetForecastInput) -> Result<Forecast, WeatherError> {
        self.0.get_forecast(cx, GetForecastInput { city: Self::today(input.city), ..input }).await
    }

    async fn current_weather(
        &self,
        cx: &Context,
        variables: CurrentWeatherVariables,
    ) -> Result<Contents, CurrentWeatherError> {
        self.0.current_weather(cx, CurrentWeatherVariables { city: Self::today(variables.city) }).await
    }

    async fn cities(&self, cx: &Context) -> Result<Contents, Error> {
        self.0.cities(cx).await
    }

    async fn complete_city(&self, cx: &Context, typed: &str) -> Vec<String> {
        self.0.complete_city(cx, typed).await
    }
}

#[tokio::test]
async fn a_wrapper_delegates_to_any_handlers() {
    let arguments = json!({"city": "Edo"});
    let plain = weather::server(Table).call_tool("get_temperature", arguments.clone()).await;
    assert!(plain.is_error, "the table knows today's names only");
    let wrapped = crate::call(&weather::server(OldNames(Table)), "get_temperature", arguments).await;
    assert_eq!(wrapped["city"], "Tokyo");
}
