//! The handlers of `weather`. This file is yours: mcpgen created it once and does not touch it again.

use mcpgen_runtime as rt;
use weather::*;

/// What answers the calls.
#[derive(Debug)]
pub struct Handlers {
    #[expect(dead_code, reason = "no handler reads a setting yet")]
    settings: Settings,
}

impl Handlers {
    /// Handlers that use these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

/// What a method answers until it is written.
fn not_written<T, E: From<rt::Error>>(method: &str) -> Result<T, E> {
    Err(
        rt::Error::new(rt::ErrorKind::Internal, format!("{method} is not written yet"))
            .into(),
    )
}

impl Weather for Handlers {
    async fn get_temperature(
        &self,
        _cx: &rt::Context,
        _input: GetTemperatureInput,
    ) -> Result<Temperature, WeatherError> {
        not_written("get_temperature")
    }

    async fn get_forecast(
        &self,
        _cx: &rt::Context,
        _input: GetForecastInput,
    ) -> Result<Forecast, WeatherError> {
        not_written("get_forecast")
    }

    async fn current_weather(
        &self,
        _cx: &rt::Context,
        _variables: CurrentWeatherVariables,
    ) -> Result<rt::Contents, CurrentWeatherError> {
        not_written("current_weather")
    }

    async fn cities(&self, _cx: &rt::Context) -> Result<rt::Contents, rt::Error> {
        not_written("cities")
    }

    async fn complete_city(&self, _cx: &rt::Context, _typed: &str) -> Vec<String> {
        Vec::new()
    }
}
