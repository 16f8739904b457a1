//! A handler answers with the type of another tool.

use mcpgen_runtime::{Contents, Context, Error};
use weather::{
    CurrentWeatherError, CurrentWeatherVariables, Forecast, GetForecastInput, GetTemperatureInput, Weather, WeatherError,
};

struct Handlers;

impl Weather for Handlers {
    async fn get_temperature(&self, _: &Context, input: GetTemperatureInput) -> Result<Forecast, WeatherError> {
        Ok(Forecast { city: input.city, days: Vec::new() })
    }

    async fn get_forecast(&self, _: &Context, input: GetForecastInput) -> Result<Forecast, WeatherError> {
        Ok(Forecast { city: input.city, days: Vec::new() })
    }

    async fn current_weather(&self, _: &Context, _: CurrentWeatherVariables) -> Result<Contents, CurrentWeatherError> {
        Ok("sunny".into())
    }

    async fn cities(&self, _: &Context) -> Result<Contents, Error> {
        Ok("[]".into())
    }

    async fn complete_city(&self, _: &Context, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn main() {
    weather::server(Handlers);
}
